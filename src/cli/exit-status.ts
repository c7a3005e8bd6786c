/** What the exit status of every command means. `--help` and docs/cli.md show this table. */

export const EXIT_STATUSES = {
  done: { status: 0, meaning: 'done' },
  failed: {
    status: 1,
    meaning: 'failed: a node is FAILED, a check of `doctor` fails, or an unforeseen error',
  },
  usage: { status: 2, meaning: 'wrong usage, input or configuration; nothing was changed' },
  redis: { status: 3, meaning: 'Redis cannot be reached' },
  missing: { status: 4, meaning: 'no such node or group, or nothing is kept of it' },
  timeout: { status: 5, meaning: 'timed out while waiting; what was asked for goes on' },
  refused: {
    status: 6,
    meaning: 'refused: the state of the node, its group or a run at work does not allow it',
  },
  differs: { status: 7, meaning: 'different: `apply --dry-run` has found something to change' },
  interrupted: { status: 130, meaning: 'interrupted by Ctrl-C before it was done' },
  closed: { status: 141, meaning: 'the reader of the output went away before it was done' },
  terminated: { status: 143, meaning: 'ended by TERM before it was done' },
} as const satisfies Record<string, { readonly status: number; readonly meaning: string }>;

export type ExitName = keyof typeof EXIT_STATUSES;

export const statusOf = (name: ExitName): number => EXIT_STATUSES[name].status;
