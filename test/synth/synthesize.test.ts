import {
  Fn,
  LocalBackend,
  TerraformHclModule,
  TerraformIterator,
  TerraformProvider,
  TerraformStack,
} from 'cdktf';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { type Member, synthesize } from '../../src/synth/synthesize.js';
import { defineNodeStack, type NodeStackDefinition, TerraformData, z } from '../../stacks/define.js';

const member = (nodeId: string, inputs: object = {}): Member => ({
  fleet: 'fleet-1',
  nodeId,
  group: 'edge',
  role: 'relay',
  tags: { team: 'video' },
  inputs,
  localDir: `/nodes/${nodeId}`,
});

class FakeProvider extends TerraformProvider {
  readonly region: string;
  constructor(stack: TerraformStack, region: string) {
    super(stack, 'fake', {
      terraformResourceType: 'fake',
      terraformProviderSource: 'example/fake',
      terraformGeneratorMetadata: { providerName: 'fake', providerVersion: '1.2.3' },
    });
    this.region = region;
  }
  protected override synthesizeAttributes() {
    return { region: this.region };
  }
}

type Definition = NodeStackDefinition<z.ZodObject<{ region: z.ZodDefault<z.ZodString> }>>;
const stackWith = (parts: Partial<Definition>) =>
  defineNodeStack({
    name: 'subject',
    inputs: z.object({ region: z.string().default('here') }),
    node: () => ({}),
    ...parts,
  });

const twoResources = stackWith({
  node(scope, { region }, node) {
    const first = new TerraformData(scope, 'first', { input: { region, tags: node.ownershipTags } });
    new TerraformData(scope, 'second', { input: first.id });
    return { first: first.id, region, secret: 'x', absent: undefined };
  },
  sensitiveOutputs: ['secret'],
});

const parse = (text: string) =>
  JSON.parse(text) as {
    '//'?: unknown;
    terraform?: Record<string, unknown>;
    provider?: unknown;
    resource: Record<string, Record<string, Record<string, unknown>>>;
    output: Record<string, { value: unknown; sensitive?: boolean }>;
  };

afterEach(() => vi.unstubAllEnvs());

describe('synthesis', () => {
  it('gives the same bytes for the same members', () => {
    const members = [member('a'), member('b')];
    expect(synthesize(twoResources, members).configuration).toBe(
      synthesize(twoResources, members).configuration,
    );
  });

  it('gives a node the same resources and outputs, whoever shares its run', () => {
    const alone = parse(synthesize(twoResources, [member('b')]).configuration);
    const together = synthesize(twoResources, [member('a'), member('b'), member('c')]);
    const shared = parse(together.configuration);
    expect(Object.keys(shared.resource['terraform_data'] ?? {})).toHaveLength(6);
    expect(shared.resource['terraform_data']).toMatchObject(alone.resource['terraform_data'] ?? {});
    expect(shared.output).toMatchObject(alone.output);
    expect(Object.keys(together.outputNames.get('b') ?? {})).toEqual(Object.keys(alone.output));
  });

  it('gives ids that look alike names of their own', () => {
    const ids = ['a-b', 'a_b', 'a', 'A', 'ab', '1', 'n1'];
    const { configuration, outputNames } = synthesize(
      twoResources,
      ids.map((id) => member(id)),
    );
    const names = Object.keys(parse(configuration).resource['terraform_data'] ?? {});
    expect(names).toHaveLength(2 * ids.length);
    expect(new Set([...outputNames.values()].flatMap((outputs) => Object.keys(outputs))).size).toBe(
      3 * ids.length,
    );
  });

  // Such ids look like the floating-point numbers in which the CDK hides its tokens; one random id in two thousand does.
  it.each(['r71n5e9023', 'zup9e710c6', 'h3e473w9xo', 'a-1e300', 'a1e289', '1e400', 'n-1e308'])(
    'makes nothing of an id that holds a number: %s',
    (id) => {
      const { configuration, outputNames } = synthesize(twoResources, [member(id)]);
      const resources = Object.keys(JSON.parse(configuration).resource.terraform_data);
      expect(resources).toEqual([
        expect.stringMatching(new RegExp(`^n${id}_first_`)),
        expect.stringMatching(new RegExp(`^n${id}_second_`)),
      ]);
      expect(Object.keys(outputNames.get(id) ?? {})).toHaveLength(3);
    },
  );

  it('names the outputs, marks the sensitive ones and leaves out what is absent', () => {
    const { configuration, outputNames } = synthesize(twoResources, [member('a')]);
    const names = outputNames.get('a') ?? {};
    expect(Object.values(names)).toEqual(['first', 'region', 'secret']);
    const marked = Object.entries(parse(configuration).output).map(([name, { sensitive }]) => [
      names[name],
      sensitive,
    ]);
    expect(marked).toEqual([
      ['first', undefined],
      ['region', undefined],
      ['secret', true],
    ]);
  });

  it('hands the node how it may speak for itself, escaped, where that is known, and only then a promise counts', () => {
    const speaking = stackWith({
      node: (_scope, _inputs, { events }) => ({ told: JSON.stringify(events ?? null) }),
      heartbeats: ({ region }) => (region === 'mute' ? undefined : { startSeconds: 30 }),
    });
    const events = { url: 'https://api.example/${x}', token: 'nyn_a_b' };
    const told = (of: Member) =>
      Object.values(parse(synthesize(speaking, [of]).configuration).output)[0]?.value;
    expect(told(member('a'))).toBe('null');
    expect(told({ ...member('a'), events })).toBe(
      JSON.stringify({ ...events, url: 'https://api.example/$${x}' }),
    );
    const members = [member('a'), { ...member('b'), events }, { ...member('c', { region: 'mute' }), events }];
    const promises = members.map((each) => synthesize(speaking, [each]).heartbeats);
    expect(promises.map((promised) => [...promised])).toEqual([[], [['b', { startSeconds: 30 }]], []]);
  });

  it('hands the node its exact ownership tags', () => {
    const { resource } = parse(synthesize(twoResources, [member('a')]).configuration);
    expect(Object.values(resource['terraform_data'] ?? {})[0]?.['input']).toEqual({
      region: 'here',
      tags: {
        'nodeyard:node-id': 'a',
        'nodeyard:group': 'edge',
        'nodeyard:fleet': 'fleet-1',
        'nodeyard:role': 'relay',
        'nodeyard:stack': 'subject',
      },
    });
  });

  it('writes no backend, no metadata and no path, in lines of their own', () => {
    const { configuration } = synthesize(twoResources, [member('a')]);
    expect(parse(configuration)).not.toHaveProperty('terraform');
    expect(configuration).not.toContain('"//"');
    expect(configuration).not.toContain(process.cwd());
    expect(Math.max(...configuration.split('\n').map((line) => line.length))).toBeLessThan(200);
  });

  it('keeps a field named // of a user’s map', () => {
    const stack = stackWith({
      node(scope) {
        new TerraformData(scope, 'x', { input: { '//': 'kept' } });
        return {};
      },
    });
    const { resource } = parse(synthesize(stack, [member('a')]).configuration);
    expect(Object.values(resource['terraform_data'] ?? {})).toEqual([{ input: { '//': 'kept' } }]);
  });

  it('is not moved by the environment', () => {
    const expected = synthesize(twoResources, [member('a')]).configuration;
    vi.stubEnv('SYNTH_HCL_OUTPUT', 'true');
    vi.stubEnv(
      'CDKTF_CONTEXT_JSON',
      '{"excludeStackIdFromLogicalIds":"true","allowSepCharsInLogicalIds":"true"}',
    );
    vi.stubEnv('CDKTF_OUTDIR', '/nowhere/at/all');
    expect(synthesize(twoResources, [member('a')]).configuration).toBe(expected);
  });

  it('says which providers the run needs', () => {
    const stack = stackWith({ provider: (scope, { region }) => new FakeProvider(scope, region) });
    const { providers, configuration } = synthesize(stack, [member('a', { region: 'there' })]);
    expect(providers).toEqual({ fake: { source: 'example/fake', version: '1.2.3' } });
    expect(parse(configuration).provider).toEqual({ fake: [{ region: 'there' }] });
    expect(synthesize(twoResources, [member('a')]).providers).toEqual({});
  });

  it.each(['$', '%', '1', '-', '{', '}', 'e', '1e', '${', '${TfToken['])(
    'is not held up by a text of the allowed size that is made of %j',
    (piece) => {
      const region = `${piece.repeat(250_000 / piece.length)}x`;
      const { resource } = parse(synthesize(twoResources, [member('a', { region })]).configuration);
      const { input } = Object.values(resource['terraform_data'] ?? {})[0] as { input: { region: string } };
      expect(input.region.length).toBeGreaterThanOrEqual(region.length);
    },
    20_000,
  );

  it('runs a stack with iterators more than once', () => {
    const stack = stackWith({
      node(scope) {
        const iterator = TerraformIterator.fromList(['a', 'b']);
        new TerraformData(scope, 'x', { input: iterator.pluckProperty('id') });
        return { upper: Fn.upper('x') };
      },
    });
    const once = synthesize(stack, [member('a')]).configuration;
    expect(once).toContain('upper(');
    expect(synthesize(stack, [member('a')]).configuration).toBe(once);
  });
});

describe('synthesis refuses', () => {
  const refused = (parts: Partial<Definition>, members = [member('a')]) =>
    expect(() => synthesize(stackWith(parts), members));

  it('members of different batch keys', () => {
    refused({ batchKey: ({ region }) => region }, [
      member('a', { region: 'here' }),
      member('b', { region: 'there' }),
    ]).toThrow(
      expect.objectContaining({ code: 'CONFIGURATION', message: expect.stringContaining('batch keys') }),
    );
  });

  it('members whose providers differ although their batch key is the same', () => {
    refused({ batchKey: () => 'same', provider: (stack, { region }) => new FakeProvider(stack, region) }, [
      member('a', { region: 'here' }),
      member('b', { region: 'there' }),
    ]).toThrow(/batchKey lets node "b" share a run/);
  });

  it('inputs that do not fit', () => {
    expect(() => synthesize(twoResources, [member('a', { region: 1 })])).toThrow(
      expect.objectContaining({ code: 'INVALID_INPUT', field: 'inputs.region' }),
    );
  });

  it.each<[string, () => readonly Member[], RegExp]>([
    ['no member at all', () => [], /at least one node/],
    ['a node twice', () => [member('a'), member('a')], /stands twice/],
    ['an id that is a path', () => [member('../x')], /is not a node id/],
    ['a directory that is not absolute', () => [{ ...member('a'), localDir: 'x' }], /must be absolute/],
  ])('%s', (_what, members, message) => {
    expect(() => synthesize(twoResources, members())).toThrow(message);
  });

  it.each<[string, Partial<Definition>, RegExp]>([
    [
      'a stack that throws',
      {
        node: () => {
          throw new Error('broken');
        },
      },
      /describing node "a": broken/,
    ],
    ['a stack without outputs', { node: () => undefined as never }, /must return its outputs/],
    ['an output with a strange name', { node: () => ({ 'a b': 1 }) }, /output "a b"/],
    [
      'a backend',
      { provider: (stack) => new LocalBackend(stack, {}) },
      /a backend is nodeyard’s own business/,
    ],
    [
      'a module',
      {
        node(scope) {
          new TerraformHclModule(scope, 'm', { source: 'example/m/fake' });
          return {};
        },
      },
      /modules would need an `init`/,
    ],
    [
      'a resource outside the node’s scope',
      {
        node(scope) {
          new TerraformData(TerraformStack.of(scope), 'shared');
          return {};
        },
      },
      /"shared" must be made below the scope/,
    ],
    [
      'a resource under a name of its own',
      {
        node(scope) {
          new TerraformData(scope, 'x').overrideLogicalId('mine');
          return {};
        },
      },
      /must keep the name/,
    ],
    [
      'a provider of one node',
      {
        node(scope) {
          new FakeProvider(scope as TerraformStack, 'here');
          return {};
        },
      },
      /must be made in `provider`/,
    ],
    [
      'a resource without its provider',
      {
        node(scope) {
          const resource = new TerraformData(scope, 'x');
          Object.assign(resource, { terraformResourceType: 'other_thing' });
          return {};
        },
      },
      /other_thing without its provider/,
    ],
  ])('%s', (_what, parts, message) => {
    refused(parts).toThrow(
      expect.objectContaining({ code: 'CONFIGURATION', message: expect.stringMatching(message) }),
    );
  });

  it('a token that was kept from another synthesis', () => {
    let kept: string | undefined;
    const keeping = stackWith({
      node(scope) {
        const { id } = new TerraformData(scope, 'x');
        kept ??= id;
        return { kept };
      },
    });
    synthesize(keeping, [member('a')]);
    expect(() => synthesize(keeping, [member('a')])).toThrow(
      expect.objectContaining({ code: 'CONFIGURATION', message: expect.stringContaining('synthesizing') }),
    );
  });
});
