/** An inventory whose every answer comes in time or is an error of the closed set: a cloud may be late, or say anything. */
import { NodeyardError } from '../errors.js';
import type { Inventory } from './inventory.js';

/** A cloud that takes longer (ms) has not answered. */
export const ANSWER_MS = 60_000;

export function bounded(inventory: Inventory, answerMs: number): Inventory {
  const { name, settleMs } = inventory;
  return {
    name,
    settleMs,
    list: (of) => inTime(`${name} cannot say what exists`, answerMs, () => inventory.list(of)),
    destroy: (item) => {
      const what = `${item.kind} ${item.id} in ${name} cannot be destroyed`;
      return inTime(what, answerMs, () => inventory.destroy(item));
    },
  };
}

/** Throws what was thrown, with `what` before its words and its own code where it has one, so that its class decides. */
export async function inTime<T>(what: string, limitMs: number, call: () => Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error(`no answer within ${limitMs} ms`)), limitMs);
  });
  try {
    return await Promise.race([call(), late]);
  } catch (error) {
    const message = `${what}: ${error instanceof Error ? error.message : String(error)}`;
    const code = error instanceof NodeyardError ? error.code : 'INVENTORY_UNAVAILABLE';
    throw new NodeyardError(code, message, { cause: error });
  } finally {
    clearTimeout(timer);
  }
}
