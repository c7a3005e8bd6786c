/** What is shown of a group is what is kept of it, field by field. */
import { expect, test } from 'vitest';
import type { z } from 'zod';
import type { Group } from '../../../src/groups/groups.js';
import type { GroupEntry } from '../../../src/groups/history.js';
import type { entrySchema, groupSchema } from '../../../src/http/schemas/groups.js';

type Same<A, B> = [A] extends [B] ? ([B] extends [A] ? true : never) : never;

test('the schemas and the types of a group are the same, or this does not compile', () => {
  const group: Same<z.output<typeof groupSchema>, Group> = true;
  const entry: Same<z.output<typeof entrySchema>, GroupEntry> = true;
  expect([group, entry]).toEqual([true, true]);
});
