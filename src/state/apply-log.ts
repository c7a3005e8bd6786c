/** What a run’s own log says it began: read after the run’s death, to know what to distrust in its state. */
import { z } from 'zod';
import { linesOf } from './log-lines.js';

/** A create that the log speaks of. `id` is known once it was complete. */
export interface LoggedCreate {
  readonly address: string;
  readonly type: string;
  readonly id?: string;
}

export interface ApplyLog {
  /** Creates that began and are not known to have succeeded. */
  readonly unfinished: readonly LoggedCreate[];
  /** Creates that succeeded and were not deleted again. */
  readonly finished: readonly LoggedCreate[];
}

const applyMessage = z.object({
  type: z.enum(['apply_start', 'apply_complete']),
  hook: z.object({
    resource: z.object({ addr: z.string(), resource_type: z.string() }),
    action: z.string(),
    id_value: z.string().optional(),
  }),
});

/**
 * Only creates count. A delete that was cut off is taken up by the next refresh, and so is an update: tainting it would
 * replace a machine for the sake of a tag. An errored create counts as unfinished: Terraform taints it itself, but the
 * kill may have come before it wrote that down.
 */
export async function readApplyLog(path: string): Promise<ApplyLog> {
  const unfinished = new Map<string, LoggedCreate>();
  const finished = new Map<string, LoggedCreate>();
  for await (const line of linesOf(path)) {
    const message = parseLine(line);
    if (message === undefined) continue;
    const { action, id_value: id, resource } = message.hook;
    const { addr: address, resource_type: type } = resource;
    const completed = message.type === 'apply_complete';
    if (action === 'create' && !completed) unfinished.set(address, { address, type });
    if (action === 'create' && completed) {
      unfinished.delete(address);
      finished.set(address, { address, type, ...(id !== undefined && { id }) });
    }
    if (action === 'delete' && completed) {
      unfinished.delete(address);
      finished.delete(address);
    }
  }
  return { unfinished: [...unfinished.values()], finished: [...finished.values()] };
}

function parseLine(line: string): z.infer<typeof applyMessage> | undefined {
  if (!line.includes('"apply_')) return undefined;
  try {
    return applyMessage.safeParse(JSON.parse(line)).data;
  } catch {
    return undefined;
  }
}
