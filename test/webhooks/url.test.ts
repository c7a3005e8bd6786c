import { describe, expect, it } from 'vitest';
import { hostOf, parseUrl } from '../../src/webhooks/url.js';

const rules = { allowHttp: false };

describe('a webhook’s URL', () => {
  it.each([
    'https://hooks.example.com/nodeyard?team=a',
    'https://hooks.example.com:8443/x',
    'https://hooks.example.com:1024',
    'https://hooks.example.com:80/',
    'https://[2606:4700::1111]/x',
  ])('may be %s', (text) => {
    expect(parseUrl(text, rules).href).toBe(new URL(text).href);
  });

  it.each<[string, RegExp]>([
    ['hooks.example.com', /absolute URL/],
    ['//hooks.example.com', /absolute URL/],
    ['http://hooks.example.com/', /https \(the setting webhooks\.allowHttp/],
    ['ftp://hooks.example.com/', /must be https$/],
    ['file:///etc/passwd', /must be https$/],
    ['unix:/run/redis.sock', /must be https$/],
    ['https://user:geheim@hooks.example.com/', /user name or a password/],
    ['https://geheim@hooks.example.com/', /user name or a password/],
    ['https://hooks.example.com/#geheim', /fragment/],
    ['https://hooks.example.com:22/', /port 80, 443 or one from 1024 on/],
    ['https://hooks.example.com:25/', /port/],
    ['https://hooks.example.com:1023/', /port/],
    ['https://hooks.example.com:0/', /port/],
  ])('may not be %s, and the message does not repeat it', (text, message) => {
    const parse = () => parseUrl(text, rules);
    expect(parse).toThrow(expect.objectContaining({ code: 'INVALID_INPUT', field: 'url' }));
    expect(parse).toThrow(message);
    expect(parse).not.toThrow('geheim');
  });

  it('may be http where that is allowed, and nothing else', () => {
    expect(parseUrl('http://hooks.example.com/', { allowHttp: true }).port).toBe('');
    expect(() => parseUrl('gopher://hooks.example.com/', { allowHttp: true })).toThrow('must be https');
  });

  it.each([
    ['https://EXAMPLE.com./x', 'example.com'],
    ['https://[::1]/x', '::1'],
    ['https://0x7f.1/', '127.0.0.1'],
    ['https://2130706433/', '127.0.0.1'],
    ['https://0177.0.0.1/', '127.0.0.1'],
    ['https://①②⑦.⓪.⓪.①/', '127.0.0.1'],
    ['https://[::ffff:127.0.0.1]/', '::ffff:7f00:1'],
  ])('%s is of the host %s', (text, host) => {
    expect(hostOf(parseUrl(text, rules))).toBe(host);
  });
});
