/** The Terraform states of nodes: what is kept, and which resources are in it; the values only as the document itself. */
import { z } from 'zod';
import type { StateSummary } from '../../state/repository.js';
import { cursor, limit, nodeId } from './common.js';

export const stateSummarySchema = z.object({
  nodeId: z.string(),
  epoch: z.number().describe('The run that wrote it; of an imported one, the last run before it.'),
  savedAt: z.number().describe('When. Milliseconds since 1970.'),
  bytes: z.number().describe('Of the document.'),
  sha256: z.string().describe('Of the document.'),
  resources: z.number().describe('Managed resource instances in it.'),
}) satisfies z.ZodType<StateSummary>;

const summaries = z.array(stateSummarySchema).readonly();

export const statesOfNodeSchema = z.object({
  canonical: stateSummarySchema
    .nullable()
    .describe('What the node’s next run begins with; null when there is none.'),
  versions: summaries.describe('Of earlier runs, newest first.'),
  quarantined: summaries.describe('Of runs that had been superseded when they wrote it.'),
});

/** The order of their ids. */
export const statePageQuery = z.strictObject({ limit, cursor: cursor(nodeId) });
export const statePageSchema = z.object({
  states: summaries,
  cursor: z.string().exactOptional().describe('For the next page; absent on the last one.'),
});

export const quarantineQuery = z.strictObject({ limit });
export const quarantineSchema = z.object({
  quarantined: summaries.describe('The oldest first.'),
});

/** Which document of a node: `canonical`, `version-<epoch>`, `quarantined-<epoch>`. */
export const stateParams = z.strictObject({
  id: nodeId.describe('The node.'),
  place: z
    .string()
    .regex(
      /^(canonical|(version|quarantined)-[1-9]\d{0,8})$/,
      'must be canonical, version-<epoch> or quarantined-<epoch>',
    )
    .describe('Which of its states: `canonical`, `version-<epoch>`, `quarantined-<epoch>`.'),
});

export const stateSchema = z.object({
  state: stateSummarySchema.extend({
    serial: z.number(),
    lineage: z.string(),
    terraformVersion: z.string().nullable(),
  }),
  resources: z
    .array(
      z.object({
        address: z.string(),
        type: z.string(),
        provider: z.string(),
        managed: z.boolean(),
        deposed: z.boolean(),
        status: z.string().nullable(),
      }),
    )
    .readonly(),
});

export const documentSchema = z
  .unknown()
  .describe('The document, byte for byte: a Terraform state of format 4.');
