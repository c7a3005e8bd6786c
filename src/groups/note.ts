/** A note of a group’s history as it is written to its stream. */
import { z } from 'zod';
import { parseInput } from '../node/problems.js';
import { groupConfigSchema } from './config.js';
import { GROUP_ENTRY_KINDS, type GroupNote } from './history.js';
import type { Flat } from './scripts/prelude.js';

const LONGEST_MESSAGE = 1_000;
const LONGEST_WHO = 200;
const LARGEST_DATA = 4_096;

const noteSchema = z.strictObject({
  kind: z.enum(GROUP_ENTRY_KINDS),
  who: z.string().min(1),
  message: z.string(),
  role: groupConfigSchema.shape.name.exactOptional(),
  data: z
    .json()
    .refine(
      (data) => JSON.stringify(data).length <= LARGEST_DATA,
      `must be at most ${LARGEST_DATA} bytes of JSON`,
    )
    .exactOptional(),
});

/** Throws INVALID_INPUT. */
export function flatNote(note: GroupNote): Flat {
  const { kind, who, message, role, data } = parseInput(noteSchema, note);
  return [
    ...['kind', kind, 'who', cut(who, LONGEST_WHO), 'message', cut(message, LONGEST_MESSAGE)],
    ...(role === undefined ? [] : ['role', role]),
    ...(data === undefined ? [] : ['data', JSON.stringify(data)]),
  ];
}

const cut = (text: string, longest: number): string =>
  text.length <= longest ? text : `${text.slice(0, longest - 1)}…`;
