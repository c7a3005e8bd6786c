import { describe, expect, test } from 'vitest';
import { createLog, createRedactor, secretsOf } from '../src/log.js';

describe('the redactor', () => {
  test('takes secrets out as they are and as JSON writes them', () => {
    const redact = createRedactor(['pass"word\\1']);
    expect(redact('it is pass"word\\1.')).toBe('it is [redacted].');
    expect(redact(JSON.stringify({ p: 'pass"word\\1' }))).toBe('{"p":"[redacted]"}');
  });

  test('takes secrets out as Go writes them in JSON, and as JSON inside of JSON', () => {
    const redact = createRedactor(['to<ken>&"tail']);
    expect(redact('{"p":"to\\u003cken\\u003e\\u0026\\"tail"}')).toBe('{"p":"[redacted]"}');
    const nested = JSON.stringify({ message: JSON.stringify({ p: 'to<ken>&"tail' }) });
    expect(JSON.parse(redact(nested))).toEqual({ message: '{"p":"[redacted]"}' });
  });

  test('takes out each line of a key that is printed line by line', () => {
    const redact = createRedactor(['-----BEGIN KEY-----\nMIIEvQIBADANBgkq\nhkiG9w0BAQEFAASC\n}\n']);
    expect(redact('stderr: MIIEvQIBADANBgkq')).toBe('stderr: [redacted]');
    expect(redact('}')).toBe('}');
  });

  test('takes out the longer of two secrets first, so that nothing of it is left', () => {
    expect(createRedactor(['secret', 'secret-and-more'])('x secret-and-more y secret')).toBe(
      'x [redacted] y [redacted]',
    );
  });

  test('leaves words alone that a short secret would hit everywhere', () => {
    expect(createRedactor(['on', ''])('on and on')).toBe('on and on');
  });

  // Takes hours where the pattern looks from each character to the end of the line.
  test('is done with a line of a megabyte', () => {
    const line = 'a'.repeat(1024 * 1024);
    expect(createRedactor([])(line)).toBe(line);
    expect(createRedactor([])(`${line}://${line}:${line}`)).toHaveLength(3 * line.length + 4);
  });

  test('takes out the tokens of nodes, which nobody lists', () => {
    const token = `nyn_edge_1-a_${'A-z_'.repeat(10)}abc`;
    expect(createRedactor([])(`x ${token} y "${token}"`)).toBe('x [redacted] y "[redacted]"');
    expect(createRedactor([])('nyn_edge is a name')).toBe('nyn_edge is a name');
  });

  test('takes the password out of any URL, however short', () => {
    const redact = createRedactor([]);
    expect(redact('redis://user:p@host:6379/0 failed')).toBe('redis://user:[redacted]@host:6379/0 failed');
    expect(redact('rediss://:p%40@host')).toBe('rediss://:[redacted]@host');
    expect(redact('http://host:8080/a@b')).toBe('http://host:8080/a@b');
  });
});

describe('secrets of an environment', () => {
  test('are told by the names of their variables, and passwords inside URLs', () => {
    const secrets = secretsOf({
      AWS_SECRET_ACCESS_KEY: 'aws-secret',
      AWS_SESSION_TOKEN: 'aws-session',
      NODEYARD_STATE_KEY: 'state-key',
      DB_PASSWORD: 'db-password',
      REDIS_URL: 'redis://u:url%2Dpass@h',
      BROKEN: 'redis://u:100%pass@h',
      AWS_REGION: 'eu-central-1',
      AWS_ACCESS_KEY_ID: 'AKIA',
      EMPTY_TOKEN: '',
    });
    expect(new Set(secrets)).toEqual(
      new Set([
        'aws-secret',
        'aws-session',
        'state-key',
        'db-password',
        'url%2Dpass',
        'url-pass',
        '100%pass',
      ]),
    );
  });
});

describe('the log', () => {
  test('is JSON lines with a time and a level in words, its secrets taken out', () => {
    const lines: string[] = [];
    const log = createLog({
      level: 'info',
      redact: createRedactor(['hunter22']),
      destination: { write: (line) => lines.push(line) },
    });
    log.debug('not this');
    log.info({ key: 'hunter22' }, 'said hunter22');
    expect(lines).toHaveLength(1);
    expect(JSON.parse(lines[0] ?? '')).toMatchObject({
      level: 'info',
      key: '[redacted]',
      msg: 'said [redacted]',
      time: expect.stringMatching(/^\d{4}-/),
    });
  });
});
