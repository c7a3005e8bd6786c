/** Who may do what, and who did. */
import { z } from 'zod';
import { SCOPES } from '../../auth/scopes.js';
import { cursor, limit } from './common.js';

export const whoSchema = z.object({
  kind: z
    .enum(['token', 'oidc', 'local'])
    .describe('`local`: somebody on this machine, while there is no token.'),
  name: z.string().describe('As histories and the audit trail name it.'),
  scope: z.enum(SCOPES),
  tokenId: z.string().exactOptional(),
});

export const auditQuery = z.strictObject({
  limit,
  cursor: cursor(z.string().regex(/^\d{1,15}-\d{1,18}$/, 'must be the cursor of an earlier page, unchanged')),
});

export const auditEntrySchema = z.object({
  position: z.string(),
  at: z.number().describe('When. Milliseconds since 1970.'),
  who: z.string(),
  tokenId: z.string().exactOptional(),
  action: z.string().describe('`node.destroy`'),
  target: z.string(),
  from: z.string().describe('The address that the request came from.'),
  result: z.string().describe('`done`, or the code of the error.'),
  status: z.number(),
  requestId: z.string(),
});

export const auditPageSchema = z.object({
  entries: z.array(auditEntrySchema).readonly().describe('Newest first.'),
  cursor: z.string().exactOptional().describe('For the next, older page; absent on the last one.'),
});
