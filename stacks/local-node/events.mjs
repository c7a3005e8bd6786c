/**
 * A local node’s own voice: heartbeats, and the commands that it takes. Whatever the API answers, or if nobody does, the node
 * lives on and tries again; what it logs is bounded, because its log is a file that nobody turns over.
 */
import { setTimeout as delay } from 'node:timers/promises';

const FIRST_RETRY_MS = 200;
const LONGEST_RETRY_MS = 30_000;
/** Until the API says how often it wants to hear of us. */
const DEFAULT_INTERVAL_MS = 10_000;
const ANSWER_MS = 10_000;
const POLL_SECONDS = 20;
const PAUSE_MS = 100;

/**
 * @typedef {object} Voice
 * @property {string} url The node’s place in the API.
 * @property {string} token
 * @property {() => object} load
 * @property {(command: { name: string, payload: unknown }) => 'done' | 'unsupported'} obey
 */

/** @param {Voice} voice */
export function speak({ url, token, load, obey }) {
  let intervalMs = DEFAULT_INTERVAL_MS;

  /**
   * @param {string} path
   * @param {number} withinMs
   * @param {object} [body]
   * @returns {Promise<any>}
   */
  const call = async (path, withinMs, body) => {
    const response = await fetch(`${url}${path}`, {
      method: body === undefined ? 'GET' : 'POST',
      headers: {
        authorization: `Bearer ${token}`,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      redirect: 'error',
      signal: AbortSignal.timeout(withinMs),
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`${response.status} ${text.slice(0, 200)}`);
    return text === '' ? undefined : JSON.parse(text);
  };

  void forEver('events', async () => {
    const answer = await call('/events', ANSWER_MS, { configured: true, ...load() });
    if (typeof answer?.intervalMs === 'number') intervalMs = answer.intervalMs;
    // Nodes that were made together must not speak together for ever.
    await delay(intervalMs * (0.9 + Math.random() * 0.2));
  });

  void forEver('commands', async () => {
    const answer = await call(`/commands?wait=${POLL_SECONDS}`, POLL_SECONDS * 1_000 + ANSWER_MS);
    // Nothing in it keeps the API from answering at once.
    if (answer.commands.length === 0) await delay(PAUSE_MS);
    for (const command of answer.commands) {
      // Acknowledged after it was done: one that a crash comes between is done again, never lost.
      await call(`/commands/${command.id}/ack`, ANSWER_MS, { outcome: obey(command) });
    }
  });
}

/**
 * @param {string} what
 * @param {() => Promise<void>} step
 */
async function forEver(what, step) {
  let failures = 0;
  for (;;) {
    try {
      await step();
      if (failures > 0) process.stderr.write(`${what}: heard again\n`);
      failures = 0;
    } catch (error) {
      failures += 1;
      if (failures === 1) process.stderr.write(`${what}: ${messageOf(error)}\n`);
      const longest = Math.min(LONGEST_RETRY_MS, FIRST_RETRY_MS * 2 ** Math.min(failures - 1, 10));
      await delay(longest * (0.5 + Math.random() / 2));
    }
  }
}

/** @param {unknown} error */
function messageOf(error) {
  if (!(error instanceof Error)) return String(error);
  return error.cause instanceof Error ? `${error.message}: ${error.cause.message}` : error.message;
}
