/** The settings of what nodes say of themselves. */
import type { z } from 'zod';
import { about, section } from './section.js';
import { duration, formatDuration, LONGEST_TIMER, toggle } from './units.js';

/** Two heartbeats may get lost on the way before a node counts as silent. */
const HEARTBEATS_IN_SILENCE = 3;

const timer = duration({ min: '100ms', max: LONGEST_TIMER });

export const heartbeat = section({
  interval: timer.prefault('10s').meta(about('How often nodes are told to send a heartbeat.')),
  silence: timer
    .prefault('1m')
    .meta(
      about(
        'How long a node that sends heartbeats may be silent before it is FAILED. Only time counts in which heartbeats could be received.',
      ),
    ),
  start: timer
    .prefault('10m')
    .meta(about('The same for the first heartbeat of a node that is to send some, from CREATED on.')),
  reinstate: toggle()
    .prefault('on')
    .meta(
      about('Whether a node that was FAILED for its silence alone goes back to work when it speaks again.'),
    ),
}).superRefine(({ interval, silence, start }, context) => {
  const refuse = (path: string, message: string) =>
    context.addIssue({ code: 'custom', path: [path], message });
  const least = interval * HEARTBEATS_IN_SILENCE;
  if (silence < least) {
    refuse(
      'silence',
      `must be at least ${formatDuration(least)}, ${HEARTBEATS_IN_SILENCE} times heartbeat.interval`,
    );
  }
  if (start < silence) {
    refuse(
      'start',
      `must not be shorter than heartbeat.silence (${formatDuration(silence)}): machines take time to boot`,
    );
  }
});

export const compileHeartbeat = ({ interval, silence, start, reinstate }: z.output<typeof heartbeat>) => ({
  intervalMs: interval,
  leastSilenceMs: interval * HEARTBEATS_IN_SILENCE,
  silenceMs: silence,
  startMs: start,
  reinstate,
});
