/** The settings of the reconciler: how often, how long, and what it may do by itself. */
import { z } from 'zod';
import { about, section } from './section.js';
import { count, duration, formatDuration, LONGEST_TIMER } from './units.js';

const ORPHANS = ['report', 'destroy', 'destroy-all'] as const;

const timer = duration({ min: '1ms', max: LONGEST_TIMER });
const limit = (description: string) =>
  duration({ min: '1m', max: '3650d' })
    .optional()
    .meta(about(`${description} Without it there is no limit.`));
const runLimit = (description: string) =>
  duration({ min: '1m', max: '3650d' })
    .optional()
    .meta(about(`${description} Without it, long enough for every attempt, and at least 6h.`));
const waitLimit = (description: string) =>
  duration({ min: '1m', max: '3650d' })
    .optional()
    .meta(about(`${description} Without it a day, and at least twice the longest run.`));

const limits = section({
  requested: waitLimit('How long a node may wait in REQUESTED before it is FAILED.'),
  creating: runLimit('The same for CREATING, all attempts together.'),
  created: limit('The same for CREATED.'),
  started: limit('The same for STARTED.'),
  inservice: limit('The same for INSERVICE.'),
  softSunset: limit('The same for SOFT_SUNSET.'),
  hardSunset: limit('The same for HARD_SUNSET.'),
  destructionRequested: waitLimit('The same for DESTRUCTION_REQUESTED; the destruction is tried again.'),
  destroying: runLimit('The same for DESTROYING, all attempts together; the destruction is tried again.'),
});

export const reconcile = section({
  interval: timer.prefault('5s').meta(about('How often the reconciler looks at the fleet.')),
  inventoryInterval: timer
    .prefault('1m')
    .meta(about('How often it asks a cloud’s inventory what there is, at most.')),
  destroyRetry: timer
    .prefault('1m')
    .meta(
      about('When a destruction that FAILED is tried again; the wait doubles with each further failure.'),
    ),
  destroyRetryMax: timer
    .prefault('1h')
    .meta(about('The longest such wait. A destruction is tried until the cloud confirms it, for ever.')),
  orphans: z
    .enum(ORPHANS, { error: `must be one of ${ORPHANS.join(', ')}` })
    .prefault('destroy')
    .meta(
      about(
        'What becomes of resources that bear a node’s mark and have no living owner. `destroy` only reports what was made when nobody looked at the fleet, as after a restored backup; `destroy-all` ends that, too.',
      ),
    ),
  orphanAge: duration({ min: '1m', max: '3650d' })
    .prefault('10m')
    .meta(about('How long a resource must exist before it may count as an orphan.')),
  vanishedAfter: count({ min: 2, max: 100 })
    .prefault(3)
    .meta(about('How many looks in a row a node’s resources must be missing before it is FAILED.')),
  ttlWarning: duration({ min: '0s', max: '3650d' })
    .prefault('5m')
    .meta(about('How long before the end of its time to live a node gets a warning event.')),
  limits: limits.prefault({}),
});

interface Bounds {
  readonly terraform: { readonly timeout: number; readonly grace: number };
  readonly reconcile: z.output<typeof reconcile>;
}

/** A node must not be given up while Terraform may still be at it, or before it can have been. */
export function reconcileProblems({ terraform, reconcile: settings }: Bounds): {
  readonly path: readonly string[];
  readonly message: string;
}[] {
  const longestRun = terraform.timeout + terraform.grace;
  const bounded = ['requested', 'creating', 'destructionRequested', 'destroying'] as const;
  const short = bounded.filter((name) => (settings.limits[name] ?? longestRun) < longestRun);
  return [
    ...short.map((name) => ({
      path: ['reconcile', 'limits', name],
      message: `must be at least ${formatDuration(longestRun)}, as long as a run may take (terraform.timeout and terraform.grace)`,
    })),
    ...(settings.destroyRetry <= settings.destroyRetryMax
      ? []
      : [
          {
            path: ['reconcile', 'destroyRetry'],
            message: `must not be longer than reconcile.destroyRetryMax (${formatDuration(settings.destroyRetryMax)})`,
          },
        ]),
  ];
}
