/** What a request may say about the agent of an instance. */
import { z } from '../define.js';

/** Stands in a shell script between single quotes. */
const path = z
  .string()
  .max(200)
  .regex(/^\/[A-Za-z0-9._/-]+$/, 'must be an absolute path of letters, digits or . _ - /');
const seconds = (min: number, max: number) =>
  z.int().min(min, `must be at least ${min}`).max(max, `must be at most ${max}`);

export const agent = z.strictObject({
  readyFile: path
    .optional()
    .describe(
      'The node is configured once this file is there; at once when absent. Your user data makes it.',
    ),
  loadFile: path
    .optional()
    .describe('Read before every heartbeat: lines of a name and a number, like `connections 12`.'),
  loadCommand: path
    .optional()
    .describe('A program that prints such lines; it gets five seconds and no arguments.'),
  commandHandler: path
    .optional()
    .describe(
      'A program that carries out commands: the name as its argument, the payload as JSON on its standard input.',
    ),
  startSeconds: seconds(30, 86_400)
    .optional()
    .describe('How long the first heartbeat may take; `heartbeat.start` when absent.'),
  silenceSeconds: seconds(10, 86_400)
    .optional()
    .describe('How long the node may be silent after that; `heartbeat.silence` when absent.'),
});

export type AgentInputs = z.output<typeof agent>;
