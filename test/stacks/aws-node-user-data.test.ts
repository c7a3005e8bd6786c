/** The user data of an instance with an agent, as Terraform makes it: read back part by part. */
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { parseInputs } from '../../src/synth/inputs.js';
import { synthesize } from '../../src/synth/synthesize.js';
import { awsNode } from '../../stacks/aws-node.js';
import { readTemplate } from './terraform.js';

const MINIMAL = { region: 'eu-central-1', ami: 'ami-0123456789abcdef0', instanceType: 'm7g.large' };
const EVENTS = {
  url: 'https://nodes.example/%{base}/v1/nodes/Node-1',
  token: `nyn_Node-1_${'a1e300-_'.repeat(6).slice(0, 43)}`,
};

interface Instance {
  readonly user_data?: string;
  readonly user_data_base64?: string;
  readonly lifecycle?: unknown;
}
function instanceOf(inputs: object, events: typeof EVENTS | undefined = EVENTS): Instance {
  const { configuration } = synthesize(awsNode, [
    {
      fleet: 'f',
      nodeId: 'Node-1',
      group: 'edge',
      role: 'relay',
      tags: {},
      inputs: { ...MINIMAL, ...inputs },
      localDir: '/nodes/Node-1',
      events,
    },
  ]);
  const { resource } = JSON.parse(configuration) as { resource: { aws_instance: Record<string, Instance> } };
  return Object.values(resource.aws_instance)[0] ?? {};
}

/** What EC2 would get. */
const userDataOf = (inputs: object) => readTemplate(String(instanceOf(inputs).user_data));

interface Part {
  readonly headers: string;
  readonly body: string;
}
function partsOf(text: string): Part[] {
  const boundary = /^MIME-Version: 1\.0\nContent-Type: multipart\/mixed; boundary="(.+)"\n\n/.exec(text)?.[1];
  const [, ...rest] = text.split(`--${boundary}`);
  expect(rest.pop()).toBe('--\n');
  return rest.map((part) => {
    const [headers = '', ...body] = part.replace(/^\n/, '').replace(/\n$/, '').split('\n\n');
    return { headers, body: body.join('\n\n') };
  });
}

const problems = (inputs: object): string => {
  try {
    parseInputs(awsNode, { ...MINIMAL, ...inputs });
    return '';
  } catch (error) {
    return (error as Error).message;
  }
};

describe('an instance with an agent', () => {
  it('gets a script that installs it, when it brings nothing of its own', async () => {
    const text = await userDataOf({ agent: { readyFile: '/run/ready', commandHandler: '/opt/handle' } });
    expect(text).toMatch(/^#!\/bin\/sh\n/);
    expect(text).toContain(`\nurl='${EVENTS.url}'\nready_file='/run/ready'\nload_file=''\n`);
    expect(text).toContain(`\nheader = "Authorization: Bearer ${EVENTS.token}"\n`);
    expect(text).toContain(`--write-out '%{http_code}'`);
    expect(Buffer.byteLength(text)).toBeLessThan(16_384);
  });

  it.each([
    ['#!/bin/bash\necho ${HOME} %{x} "$$"\n', 'text/x-shellscript'],
    ['#cloud-config\npackages: [ffmpeg]\n', 'text/cloud-config'],
    ['#cloud-config-archive\n- x\n', 'text/cloud-config-archive'],
    ['#cloud-boothook\n#!/bin/sh\n', 'text/cloud-boothook'],
    ['#include\nhttps://example.com/x\n', 'text/x-include-url'],
    ['#include-once\nhttps://example.com/x\n', 'text/x-include-once-url'],
    ['## template: jinja\n#cloud-config\n', 'text/jinja2'],
  ])('keeps what the request brought, as it is: %j', async (userData, type) => {
    const [installer, own, ...more] = partsOf(await userDataOf({ agent: {}, userData }));
    expect(more).toEqual([]);
    expect(installer?.headers).toBe('Content-Type: text/x-shellscript; charset="us-ascii"');
    expect(installer?.body).toMatch(/^#!\/bin\/sh\n# Installs and starts the agent/);
    expect(own).toEqual({ headers: `Content-Type: ${type}; charset="us-ascii"`, body: userData });
  });

  it('keeps a MIME document as a part with headers of its own', async () => {
    const userData = 'Content-Type: multipart/mixed; boundary="b"\n\n--b\nContent-Type: x/y\n\nz\n--b--\n';
    const [, own] = partsOf(await userDataOf({ agent: {}, userData }));
    expect(own).toEqual({
      headers: 'Content-Type: multipart/mixed; boundary="b"',
      body: '--b\nContent-Type: x/y\n\nz\n--b--\n',
    });
  });

  it('keeps encoded data encoded, and says what is in it', async () => {
    const script = '#!/bin/sh\necho grün\n';
    const encoded = Buffer.from(script).toString('base64');
    const [, own] = partsOf(await userDataOf({ agent: {}, userDataBase64: encoded }));
    expect(own?.headers).toBe(
      'Content-Type: text/x-shellscript; charset="utf-8"\nContent-Transfer-Encoding: base64',
    );
    expect(Buffer.from(own?.body ?? '', 'base64').toString()).toBe(script);
    const gzipped = gzipSync(script).toString('base64');
    const [, packed] = partsOf(await userDataOf({ agent: {}, userDataBase64: gzipped }));
    expect(packed).toEqual({
      headers: 'Content-Type: application/gzip\nContent-Transfer-Encoding: base64',
      body: gzipped,
    });
  });

  it('is not touched by another address or another token', () => {
    expect(instanceOf({ agent: {} }).lifecycle).toEqual({ ignore_changes: ['user_data'] });
    const filtered = { ami: undefined, amiFilter: { owners: ['self'], name: 'x' }, agent: {} };
    expect(instanceOf(filtered).lifecycle).toEqual({ ignore_changes: ['ami', 'user_data'] });
  });

  it('is refused where nobody has said where the API is', () => {
    expect(() =>
      synthesize(awsNode, [
        {
          fleet: 'f',
          nodeId: 'a',
          group: 'g',
          role: 'r',
          tags: {},
          inputs: { ...MINIMAL, agent: {} },
          localDir: '/nodes/a',
        },
      ]),
    ).toThrow(expect.objectContaining({ code: 'CONFIG_INVALID', field: 'api.publicUrl' }));
  });

  it('promises heartbeats, with the limits of the request', () => {
    const promise = (inputs: object) => awsNode.heartbeats(parseInputs(awsNode, { ...MINIMAL, ...inputs }));
    expect(promise({})).toBeUndefined();
    expect(promise({ agent: {} })).toEqual({});
    const limits = { startSeconds: 1_200, silenceSeconds: 300 };
    expect(promise({ agent: limits })).toEqual(limits);
  });

  it.each([
    [
      'text of no known kind',
      { userData: 'echo no first line' },
      /^inputs\.userData: must begin with one of #!/,
    ],
    [
      'bytes of no known kind',
      { userDataBase64: 'AAAA' },
      /^inputs\.userDataBase64: must begin with one of #!/,
    ],
    [
      'other letters',
      { userData: '#!/bin/sh\necho grün' },
      /^inputs\.userData: must be ASCII beside an agent/,
    ],
    [
      'our boundary',
      { userData: '#!\n# ==nodeyard-part==' },
      /^inputs\.userData: must not hold ==nodeyard-part==/,
    ],
    [
      'too much',
      { userData: `#!/bin/sh\n${'#'.repeat(12_000)}` },
      /^inputs\.userData: must be at most \d{5} bytes beside an agent/,
    ],
    [
      'too much, encoded',
      { userDataBase64: Buffer.from(`#!/bin/sh\n${'#'.repeat(9_000)}`).toString('base64') },
      /^inputs\.userDataBase64: must be at most \d{5} bytes as it is encoded beside an agent/,
    ],
    [
      'a path that a shell would mind',
      { agent: { loadFile: "/tmp/it's" } },
      /^inputs\.agent\.loadFile: must be an/,
    ],
    ['a field too many', { agent: { every: 5 } }, /^inputs\.agent\.every: is not a known field/],
  ])('is refused beside %s', (_what, inputs, message) => {
    expect(problems({ agent: {}, ...inputs })).toMatch(message);
  });

  it('leaves room for as much as it says, to the byte', async () => {
    const limit = /must be at most (\d+) bytes/.exec(
      problems({ agent: {}, userData: `#!${'#'.repeat(16_000)}` }),
    )?.[1];
    const most = `#!${'#'.repeat(Number(limit) - 2)}`;
    expect(problems({ agent: {}, userData: most })).toBe('');
    expect(problems({ agent: {}, userData: `${most}#` })).toContain('must be at most');
    expect(Buffer.byteLength(await userDataOf({ agent: {}, userData: most }))).toBeLessThanOrEqual(16_384);
  });
});

it('an instance without an agent keeps its user data as it was', () => {
  expect(instanceOf({ userData: 'anything ${x}' })).toMatchObject({ user_data: 'anything $${x}' });
  expect(instanceOf({ userDataBase64: 'H4sIAA==' })).toMatchObject({ user_data_base64: 'H4sIAA==' });
  expect(instanceOf({}).lifecycle).toBeUndefined();
});
