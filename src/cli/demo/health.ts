/** Whether a node answers, and as itself. */
import { z } from 'zod';
import type { NodeRecord } from '../../node/record.js';

const PATIENCE_MS = 10_000;

const answerSchema = z.object({ status: z.string(), nodeId: z.string() });

/** Undefined when the node’s health endpoint says that it is this very node; else what is wrong. */
export async function problemOf({ id, outputs }: NodeRecord): Promise<string | undefined> {
  const address = outputs?.['address'];
  if (typeof address !== 'string') return 'it has no address';
  try {
    const response = await fetch(new URL('/healthz', address), { signal: AbortSignal.timeout(PATIENCE_MS) });
    const answer = answerSchema.safeParse(await response.json());
    if (!response.ok) return `${address}/healthz answers ${response.status}`;
    if (answer.data?.nodeId !== id) return `${address} is not this node`;
    return undefined;
  } catch (error) {
    return `${address}/healthz does not answer: ${error instanceof Error ? error.message : String(error)}`;
  }
}
