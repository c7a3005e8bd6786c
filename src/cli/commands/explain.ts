/** `nodeyard explain`: why a group is as large as it is, and what comes next. */
import type { Command } from 'commander';
import type { ExplainedGroup } from '../../fleet/scaling/explain.js';
import type { ExplainedRole } from '../../scaling/explanation.js';
import type { Act, Call } from '../call.js';
import type { ExitName } from '../exit-status.js';
import { paintState } from '../node-view.js';
import { withFleet } from '../opened.js';
import type { Output } from '../output.js';
import { printable } from '../printable.js';
import { table } from '../table.js';
import { teach } from '../teach.js';

const HEADS = ['ROLE', 'SIZE', 'MIN', 'MAX', 'SERVING', 'COMING', 'DRAINING', 'ENDING', 'FAILED'];

export function defineExplain(program: Command, act: Act): void {
  const command = program
    .command('explain')
    .description(
      'Tell why each role of a group has the size it has, and what comes next. Decides as scaling does, and does nothing.',
    )
    .argument('<GROUP>', 'the group')
    .action((group: string) => act((call) => explain(call, group)));
  teach(command, {
    examples: [
      ['nodeyard explain media'],
      ["nodeyard explain media --json | jq -r '.roles[].next[]'", 'what comes next'],
    ],
    exits: ['redis', 'missing'],
  });
}

async function explain(call: Call, name: string): Promise<ExitName> {
  const { output } = call;
  return withFleet(call, async ({ groups }) => {
    const explained = await groups.explain(name);
    if (output.json) output.value(explained);
    else output.line(explanationText(output, explained));
    return 'done';
  });
}

function explanationText(output: Output, { group, scaling, roles, foreign, ending }: ExplainedGroup): string {
  const name = output.paint('bold', printable(group));
  const head = {
    on: `group ${name}: scaling decides about its AUTO roles`,
    paused: `group ${name}: ${output.paint('yellow', 'paused')}, nothing is created, drained or destroyed by itself`,
    ending: `group ${name}: ${output.paint('red', 'being deleted')}, all its nodes are destroyed`,
  }[scaling];
  if (ending !== undefined) {
    const { left, untold } = ending;
    const told = untold === 0 ? 'all of them have been told' : `${untold} of them are told next`;
    return left === 0 ? `${head}\nnone is left; the next look removes it` : `${head}\n${left} left, ${told}`;
  }
  const rows = roles.map(({ role, size, desired, min, max, nodes }) => [
    printable(role),
    size === desired ? String(size) : `${size} → ${desired}`,
    ...[min, max, nodes.serving, nodes.coming, nodes.draining, nodes.ending, nodes.failed].map(String),
  ]);
  const others = foreign.map(
    ({ role, nodes }) =>
      `role ${printable(role)} is not in the group, and has ${nodes} ${nodes === 1 ? 'node' : 'nodes'}: they are yours`,
  );
  return [
    head,
    '',
    table(output, HEADS, rows),
    ...roles.map((role) => roleText(output, role)),
    ...others,
  ].join('\n');
}

function roleText(output: Output, { role, why, next, others }: ExplainedRole): string {
  const width = Math.max(0, ...others.map(({ id }) => id.length));
  return [
    '',
    output.paint('bold', printable(role)),
    ...why.map((thought) => `  because  ${printable(thought)}`),
    ...next.map((thought) => `  next     ${printable(thought)}`),
    ...others.map(
      ({ id, state, words }) =>
        `  node     ${printable(id).padEnd(width)}  ${paintState(output, state)}  ${printable(words)}`,
    ),
    '',
  ].join('\n');
}
