/** What may be asked of a node: the only validation of it, for HTTP and the command line as well. */
import { z } from 'zod';

const NAME = /^[A-Za-z][A-Za-z0-9_.-]{0,63}$/;
const MAX_PAYLOAD_CHARS = 8 * 1024;
export const MAX_MESSAGE = 500;

export const commandName = z
  .string()
  .regex(NAME, 'must be 1–64 letters, digits, ".", "-" or "_", beginning with a letter');

export const commandPayload = z
  .json()
  .refine(
    (value) => JSON.stringify(value).length <= MAX_PAYLOAD_CHARS,
    `must be at most ${MAX_PAYLOAD_CHARS} characters of JSON`,
  );

/** As the store numbers them. */
export const commandId = z.string().regex(/^[1-9]\d{0,14}$/, 'must be the id of a command');
