/** The settings of webhooks: where requests may go, how long they are tried, who delivers. */
import { parseAllowed } from '../webhooks/addresses.js';
import { about, section } from './section.js';
import { count, duration, formatDuration, LONGEST_TIMER, toggle, words } from './units.js';

const ANY = /./;
const timer = duration({ min: '1ms', max: LONGEST_TIMER });

export const webhooks = section({
  deliver: toggle()
    .prefault('on')
    .meta(
      about(
        'Whether workers and API servers with this configuration deliver webhooks. One process delivers each of them; `off` is for those that cannot reach the receivers.',
      ),
    ),
  allowHttp: toggle()
    .prefault('off')
    .meta(about('Whether webhooks may go over http, where everybody on the way can read them.')),
  allowPrivate: words(ANY, 'must be words')
    .refine(
      (list) => list.every((word) => parseAllowed(word) !== undefined),
      'must be ranges like 10.1.0.0/16, addresses, or names of hosts',
    )
    .prefault([])
    .meta(
      about(
        'Ranges, addresses and hosts that webhooks may be sent to although they are not public; a host with whatever addresses it has.',
      ),
    ),
  attempts: count({ min: 1, max: 10_000 })
    .prefault(100)
    .meta(about('Attempts to deliver a message before it is dead. With the other defaults, about a day.')),
  backoff: timer
    .prefault('5s')
    .meta(
      about(
        'The longest wait before the second attempt, half of it the shortest; it doubles with each further one.',
      ),
    ),
  maxBackoff: timer
    .prefault('15m')
    .meta(about('The longest wait between two attempts, also where a receiver asks for more.')),
  timeout: duration({ min: '10ms', max: '5m' })
    .prefault('15s')
    .meta(about('How long a receiver may take to answer; a third of it to be connected to.')),
  concurrency: count({ min: 1, max: 64 })
    .prefault(4)
    .meta(about('Requests to one receiver at once; those of one node go one after another.')),
  deadLetters: count({ min: 1, max: 100_000 })
    .prefault(1_000)
    .meta(about('Dead messages kept of each webhook, to be looked at and delivered again.')),
  lease: duration({ min: '1s', max: LONGEST_TIMER })
    .prefault('30s')
    .meta(about('How long a process that died keeps others from delivering what it delivered.')),
}).superRefine(({ backoff, maxBackoff }, context) => {
  if (backoff <= maxBackoff) return;
  const message = `must not be longer than webhooks.maxBackoff (${formatDuration(maxBackoff)})`;
  context.addIssue({ code: 'custom', path: ['backoff'], message });
});
