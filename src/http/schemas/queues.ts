/** The queues that drive nodes. */
import { z } from 'zod';
import { OPERATIONS } from '../../node/lifecycle.js';

const count = (what: string) => z.number().describe(what);

export const queueSchema = z.object({
  name: z.enum(OPERATIONS),
  paused: z.boolean().describe('No worker takes a job from it; those at work go on.'),
  waiting: count('Jobs that wait for a worker.'),
  delayed: count('Jobs that wait for their time: the next attempt, or the end of somebody else’s run.'),
  active: count('Jobs at work.'),
  completed: count('Jobs that are done and still kept.'),
  failed: count('Jobs that ended with an error and are still kept.'),
});

export const queuesSchema = z.object({ queues: z.array(queueSchema).readonly() });
export const queueChangeSchema = z.object({
  queue: queueSchema,
  changed: z.boolean().describe('False when it was so already.'),
});
export const queueParams = z.strictObject({
  name: z.enum(OPERATIONS, `must be one of ${OPERATIONS.join(', ')}`).describe('The queue.'),
});
