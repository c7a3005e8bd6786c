/** What a node says of its load. */
import { z } from 'zod';

const MOST_METRICS = 32;
const METRIC_NAME = /^[a-z][a-zA-Z0-9_.]{0,63}$/;

const count = z.int().min(0);

export const loadSchema = z.strictObject({
  connections: count.optional().describe('Clients that are connected now, of every kind.'),
  publishers: count.optional().describe('Those of them that send a stream.'),
  subscribers: count.optional().describe('Those of them that receive one.'),
  metrics: z
    .record(
      z
        .string()
        .regex(METRIC_NAME, 'must be 1–64 letters, digits, "_" or ".", beginning with a lower-case letter'),
      z.number(),
    )
    .refine(
      (metrics) => Object.keys(metrics).length <= MOST_METRICS,
      `must be at most ${MOST_METRICS} metrics`,
    )
    .optional()
    .describe(`Numbers of your own by name, at most ${MOST_METRICS}.`),
});

/** What is absent is not known. */
export type Load = z.output<typeof loadSchema>;
