/** `nodeyard apply`: groups from files, after a look at what would be different. */
import type { Command } from 'commander';
import { NodeyardError } from '../../errors.js';
import { accepted } from '../../groups/accepted.js';
import { type GroupConfig, type GroupWish, granted } from '../../groups/config.js';
import { type Difference, differences } from '../../groups/difference.js';
import type { Group } from '../../groups/groups.js';
import { gather } from '../arguments.js';
import type { Act, Call } from '../call.js';
import type { ExitName } from '../exit-status.js';
import { CommandError, exitNameOf, usageError } from '../failure.js';
import type { FleetGroups } from '../fleet/fleet.js';
import { knownStacks } from '../fleet/known-stacks.js';
import { readGroups } from '../group-files.js';
import { differenceLines } from '../group-view.js';
import { withFleet } from '../opened.js';
import { teach } from '../teach.js';

interface ApplyOptions {
  readonly file: readonly string[];
  readonly yes?: boolean;
  readonly dryRun?: boolean;
}

interface Plan {
  readonly name: string;
  readonly present: Group | undefined;
  readonly wanted: GroupConfig;
  readonly differences: readonly Difference[];
}

export function defineApply(program: Command, act: Act): void {
  const command = program
    .command('apply')
    .description(
      'Configure node groups from files of YAML or JSON. Shows what would be different, asks, and does it: all that is written is checked before anything is changed.',
    )
    .requiredOption(
      '-f, --file <file>',
      'what the groups are to be, - for standard input; again for more',
      gather,
    )
    .option('--yes', 'do it without asking')
    .option('--dry-run', 'only show what would be different; the exit status tells whether anything is')
    .action((options: ApplyOptions) => act((call) => apply(call, options)));
  teach(command, {
    examples: [
      ['nodeyard apply -f group.yaml'],
      ['nodeyard apply -f media.yaml -f runners.json --yes'],
      ['nodeyard apply -f group.yaml --dry-run', 'exit status 7: there are differences'],
    ],
    exits: ['redis', 'refused', 'differs', 'interrupted', 'terminated'],
  });
}

async function apply(call: Call, options: ApplyOptions): Promise<ExitName> {
  const { io, output } = call;
  if (options.yes === true && options.dryRun === true)
    throw usageError('--yes and --dry-run exclude each other', '--dry-run');
  const wishes = await readGroups(options.file, io, await stackCheck(call));
  return withFleet(call, async ({ groups: fleet }) => {
    const plans: Plan[] = [];
    for (const wish of wishes) plans.push(await planOf(fleet, wish));
    const changes = plans.filter(
      ({ present, differences: list }) => present === undefined || list.length > 0,
    );
    if (!output.json)
      for (const plan of plans)
        output.line(differenceLines(output, plan.name, plan.present, plan.differences));
    if (options.dryRun === true) {
      if (output.json) output.value({ groups: plans.map(shown), applied: false });
      return changes.length === 0 ? 'done' : 'differs';
    }
    if (changes.length > 0 && options.yes !== true) await confirm(call, options, changes.length);
    const groups: Group[] = [];
    for (const plan of plans) groups.push(await put(fleet, plan, groups));
    if (output.json) {
      const done = plans.map((plan, index) => ({ ...shown(plan), revision: groups[index]?.revision }));
      output.value({ groups: done, applied: true });
    } else if (changes.length > 0) {
      const count = `${changes.length} group${changes.length === 1 ? '' : 's'}`;
      output.line(`applied ${count}: ${changes.map(({ name }) => name).join(', ')}`);
    }
    return 'done';
  });
}

/** Behind an API only the names are checked here; the inputs are checked as each group is put. */
async function stackCheck(call: Call) {
  const known = await knownStacks(call);
  return (stack: string, inputs: unknown): void => {
    known.describe(stack);
    known.check(stack, inputs);
  };
}

/** Throws GROUP_CONFLICT for a group that is being deleted. */
async function planOf(fleet: FleetGroups, wish: GroupWish): Promise<Plan> {
  const { name } = wish;
  const present = (await fleet.get(name))?.group;
  if (present?.deletedAt !== undefined) accepted(name, { refused: 'conflict', group: present });
  const wanted = granted(wish, present?.config);
  return { name, present, wanted, differences: differences(present?.config, wanted) };
}

/** What was shown is what is done: a group that has changed meanwhile is left as it is. */
async function put(fleet: FleetGroups, plan: Plan, done: readonly Group[]): Promise<Group> {
  const { name, wanted, present } = plan;
  try {
    return (await fleet.put(wanted, present?.revision ?? 0)).group;
  } catch (error) {
    if (!(error instanceof NodeyardError)) throw error;
    const { code, message, field } = error;
    const which = code === 'INVALID_INPUT' ? `group ${name}: ` : '';
    const names = done.map(({ config }) => config.name).join(', ');
    const before = done.length === 0 ? '' : `; done before it: ${names}`;
    if (which === '' && before === '') throw error;
    const exit = exitNameOf(error);
    throw new CommandError(code, `${which}${message}${before}`, {
      cause: error,
      mend: error.mend,
      // That of wrong input says that nothing was changed.
      exit: exit === 'usage' && before !== '' ? 'failed' : exit,
      ...(field === undefined ? {} : { field }),
    });
  }
}

const shown = ({ name, present, differences: list }: Plan) => ({
  name,
  from: present?.revision ?? null,
  differences: list,
});

/** Throws INVALID_INPUT where nobody says yes. */
async function confirm({ io, output }: Call, { file }: ApplyOptions, changes: number): Promise<void> {
  const what = `${changes} group${changes === 1 ? '' : 's'} would be changed`;
  const mend = 'Add --yes to do it, or --dry-run only to see it.';
  if (!output.live || file.includes('-')) throw usageError(what, '--yes', mend);
  io.stdout.write(`\n${what}. Do it? [y/N] `);
  const { signal } = io.interrupts;
  const answer = await Promise.race([
    firstLine(io.stdin),
    io.interrupts.first().then(() => signal.throwIfAborted()),
  ]);
  if (!/^y(es)?$/i.test((answer ?? '').trim())) throw usageError('nothing was changed', '--yes', mend);
}

async function firstLine(stdin: AsyncIterable<string | Uint8Array>): Promise<string> {
  let text = '';
  for await (const chunk of stdin) {
    text += Buffer.from(chunk).toString('utf8');
    if (text.includes('\n')) break;
  }
  return text.split('\n')[0] ?? '';
}
