/** Redis hangs up on half of its clients, in the middle of whatever they were saying. */
import type { PlannedOn, Strike } from './scene.js';

const SHARE = 0.5;
/** A Redis that does not answer has no connections worth cutting. */
const PATIENCE_MS = 1_000;

export const strikeConnections: Strike<PlannedOn<'connections'>> = async ({ connection }, { pick }) => {
  try {
    const list = await within(PATIENCE_MS, connection.client('LIST') as Promise<string>);
    const own = await within(PATIENCE_MS, connection.client('ID'));
    const ids = [...list.matchAll(/^id=(\d+) /gm)]
      .map((match) => Number(match[1]))
      .filter((id) => id !== own);
    const first = Math.floor(pick * ids.length);
    const cut = [...ids.slice(first), ...ids.slice(0, first)].slice(0, Math.ceil(ids.length * SHARE));
    if (cut.length === 0) return undefined;
    for (const id of cut) await within(PATIENCE_MS, connection.client('KILL', 'ID', id));
    return { whom: `${cut.length} of ${ids.length} connections`, over: Promise.resolve() };
  } catch {
    return undefined;
  }
};

function within<T>(ms: number, answer: Promise<T>): Promise<T> {
  answer.catch(() => undefined);
  const late = new Promise<never>((_, reject) => {
    setTimeout(() => reject(new Error('no answer')), ms).unref();
  });
  return Promise.race([answer, late]);
}
