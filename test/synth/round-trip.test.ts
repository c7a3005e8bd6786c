/** What a request says, read back from the state that the real Terraform wrote. */
import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import { type Member, synthesize } from '../../src/synth/synthesize.js';
import { defineNodeStack, TerraformData, z } from '../../stacks/define.js';
import { APPLY, type TerraformDirectory, terraformDirectory } from '../stacks/terraform.js';

const echo = defineNodeStack({
  name: 'echo',
  inputs: z.object({
    values: z.array(z.json()),
    joined: z.array(z.tuple([z.string(), z.string()])).default([]),
  }),
  node(scope, { values, joined }, node) {
    values.forEach((input, index) => {
      new TerraformData(scope, `value-${index}`, { input });
    });
    // As authors do: texts side by side, and beside a character that means something to Terraform.
    joined.forEach(([left, right], index) => {
      new TerraformData(scope, `joined-${index}`, { input: { both: `${left}${right}`, price: `$${left}` } });
    });
    const live = new TerraformData(scope, 'live', { input: 'live' });
    new TerraformData(scope, 'beside', { input: `${String(values[0])}|${live.id}` });
    new TerraformData(scope, 'context', {
      input: { tags: node.tags, group: node.group, dir: node.localDir },
    });
    return {};
  },
});

const member = (inputs: object, more: Partial<Member> = {}): Member => ({
  fleet: 'f',
  nodeId: 'n1',
  group: 'g',
  role: 'r',
  tags: {},
  inputs,
  localDir: '/nodes/n1',
  ...more,
});

let run: TerraformDirectory | undefined;
afterEach(() => run?.remove());

/** Applies the configuration of one node and gives back every resource’s output, by its construct id. */
async function applied(subject: Member): Promise<Map<string, unknown>> {
  run = terraformDirectory();
  run.write(synthesize(echo, [subject]).configuration);
  expect(await run.run(...APPLY)).toMatchObject({ status: 0 });
  return new Map(
    run
      .state()
      .resources.map(({ name, instances }) => [
        name.split('_')[1] as string,
        (instances[0]?.attributes['output'] as { value: unknown } | undefined)?.value,
      ]),
  );
}

async function roundTrip(values: readonly unknown[]): Promise<unknown[]> {
  const outputs = await applied(member({ values }));
  return values.map((_, index) => outputs.get(`value-${index}`));
}

const HOSTILE = [
  '${file("/etc/passwd")}',
  '%{ if true }x%{ endif }',
  '$${a}',
  '$$${a}',
  '$$$${a}',
  '%%{a}',
  '%%%{a}',
  '$%{a}',
  '%${a}',
  '$',
  '$$',
  'a$%',
  '%$',
  '${',
  '{',
  '}',
  '{file("/etc/passwd")}',
  '${~ 1 ~}',
  '\\${a}',
  '"${a}"',
  '${TfToken[TOKEN.0]}',
  '$${TfToken[TOKEN.0]}',
  '#{TfToken[TOKEN.0]}',
  '&{TfToken[TOKEN.0]}',
  'TfToken[TOKEN.0]',
  '{TfToken',
  '#{TfToken',
  '${Tf',
  'String Map Token Value',
  'Any Map Token Value',
  '-1.8881545897087503e+289',
  '-8.109562212591381e+298',
  'x -8.109562212591381e+298 y',
  'x-18881545897087503e+273y',
  `${'1'.repeat(600)}e+100`,
  '1e5 0x3e8 |e| --e-',
  '//',
  '<<EOT\nx\nEOT',
  '; rm -rf ~ `id` $(id) \'"',
  '../../etc/passwd',
  'a\u0000b\r\n\t\u2028\u{1f600}',
] as const;

describe('a text of a request', () => {
  it.each(['value', 'key'])('arrives as those very characters, as a %s', async (place) => {
    const values = HOSTILE.map((text) => (place === 'value' ? text : { [text]: [text, { [text]: 1 }] }));
    expect(await roundTrip(values)).toEqual(values);
  });

  it('arrives so whatever it is made of', async () => {
    const piece = fc.oneof(
      {
        weight: 3,
        arbitrary: fc.constantFrom('$', '%', '{', '}', '${', '%{', '"', '\\', '~', 'e', '-', '1', '+289'),
      },
      { weight: 2, arbitrary: fc.constantFrom(...HOSTILE) },
      { weight: 2, arbitrary: fc.string({ unit: 'grapheme', maxLength: 8 }) },
    );
    const text = fc.array(piece, { maxLength: 7 }).map((pieces) => pieces.join(''));
    const value = fc.oneof(
      text,
      fc.dictionary(text, text, { maxKeys: 3, noNullPrototype: true }),
      fc.array(text, { maxLength: 3 }),
    );
    // One run of Terraform for many values, with a seed that a failure names.
    const seed = Math.trunc(fc.sample(fc.nat(), 1)[0] ?? 0);
    const values = fc.sample(value, { seed, numRuns: 250 }).filter((sample) => !usesProto(sample));
    expect(await roundTrip(values), `seed ${seed}`).toEqual(values.map(normalized));
  });

  it('stays inert when a stack joins it to another, or to a dollar', async () => {
    const joined = HOSTILE.flatMap((left) =>
      [
        '{file("/etc/passwd")}',
        'TfToken[TOKEN.0]}',
        '{TfToken[TOKEN.0]}',
        'Token[TOKEN.0]}',
        '[TOKEN.0]}',
        '',
        '{',
      ].map((right) => [left, right]),
    );
    const outputs = await applied(member({ values: ['x'], joined }));
    const results = joined.map(
      (_, index) => outputs.get(`joined-${index}`) as { both: string; price: string },
    );
    expect(results.map(({ both }) => both)).toEqual(joined.map(([left, right]) => `${left}${right}`));
    for (const { price } of results) expect(price).not.toContain('root:');
  });

  it('leaves a live reference beside it alive', async () => {
    const outputs = await applied(member({ values: ['${file("/etc/passwd")}'] }));
    expect(outputs.get('beside')).toMatch(/^\$\{file\("\/etc\/passwd"\)\}\|[0-9a-f-]{36}$/);
  });

  it('is as inert in the names, tags and directory of its node', async () => {
    const text = '${file("/etc/passwd")} %{ if';
    const outputs = await applied(
      member({ values: ['x'] }, { tags: { [text]: text }, group: text, localDir: `/nodes/${text}` }),
    );
    expect(outputs.get('context')).toEqual({ tags: { [text]: text }, group: text, dir: `/nodes/${text}` });
  });
});

/** Terraform brings every string into Unicode’s normal form C; nothing can be done about it here. */
const normalized = (value: unknown): unknown => JSON.parse(JSON.stringify(value).normalize('NFC'));
const usesProto = (value: unknown): boolean =>
  typeof value === 'object' && value !== null && Object.hasOwn(value, '__proto__');
