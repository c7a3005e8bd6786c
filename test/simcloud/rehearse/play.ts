/** The rehearsal itself: nodes are asked for, created, destroyed, and what is left is given its time to go. */
import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Call } from '../../../src/cli/call.js';
import { concurrently } from '../../../src/cli/concurrently.js';
import { eventFeed } from '../../../src/cli/event-feed.js';
import { eventLine } from '../../../src/cli/event-line.js';
import { showBoard } from '../../../src/cli/live-board.js';
import { NodeBoard } from '../../../src/cli/node-board.js';
import { newNodeId } from '../../../src/client.js';
import { NodeyardError } from '../../../src/errors.js';
import type { Failure, NodeRecord } from '../../../src/node/record.js';
import type { CloudRecord } from '../cloud/records.js';
import type { Stage } from './stage.js';
import type { Wish } from './wish.js';

export interface Played {
  readonly ids: readonly string[];
  readonly created: readonly string[];
  readonly destroyed: readonly string[];
  /** Creates that were FAILED for good. */
  readonly failed: readonly { readonly nodeId: string; readonly failure: Failure }[];
  /** What else went wrong, in words. */
  readonly problems: readonly string[];
  readonly ms: number;
}

const LOOK_MS = 250;

export async function play(call: Call, stage: Stage, wish: Wish): Promise<Played> {
  const rehearsal = new Rehearsal(call, stage, wish);
  const began = performance.now();
  const hide = await rehearsal.show();
  const played = await rehearsal.run().finally(hide);
  await rehearsal.settle();
  return { ...played, ms: performance.now() - began };
}

class Rehearsal {
  readonly #call: Call;
  readonly #stage: Stage;
  readonly #wish: Wish;
  readonly #group = `rehearsal-${randomBytes(3).toString('hex')}`;
  readonly #ids: readonly string[];
  readonly #problems: string[] = [];

  constructor(call: Call, stage: Stage, wish: Wish) {
    this.#call = call;
    this.#stage = stage;
    this.#wish = wish;
    this.#ids = Array.from({ length: wish.nodes }, newNodeId);
  }

  /** A board on a terminal, a line for each event elsewhere. Answers what ends it. */
  async show(): Promise<() => Promise<void>> {
    const { output } = this.#call;
    const { store } = this.#stage.app;
    const over = new AbortController();
    const events = eventFeed(store, { after: await store.latestPosition(), signal: over.signal });
    const isOurs = ({ group }: { readonly group: string }): boolean => group === this.#group;
    const shown = output.live
      ? showBoard(
          this.#call,
          new NodeBoard(store, { ids: new Set(), filter: { group: this.#group } }),
          events,
          isOurs,
        )
      : this.#printEvents(events);
    return async () => {
      over.abort();
      await shown;
    };
  }

  async run(): Promise<Omit<Played, 'ms'>> {
    const { nodes, stack } = this.#wish;
    this.#say(`asking for ${counted(nodes)} of ${stack} in group ${this.#group}`);
    const made = await this.#each((id, deadline) => this.#create(id, deadline));
    const failed = made.flatMap(({ id, failure }) =>
      failure === undefined ? [] : [{ nodeId: id, failure }],
    );
    this.#say(`destroying ${counted(nodes)}`);
    const ended = await this.#each((id, deadline) => this.#destroy(id, deadline));
    return {
      ids: this.#ids,
      created: made.filter(({ state }) => state !== 'FAILED').map(({ id }) => id),
      destroyed: ended.map(({ id }) => id),
      failed,
      problems: this.#problems,
    };
  }

  async #create(id: string, deadline: number): Promise<NodeRecord> {
    const { signal } = this.#call.io.interrupts;
    const { client } = this.#stage.app;
    const { stack, inputs } = this.#wish;
    signal.throwIfAborted();
    await client.requestNode({ id, group: this.#group, role: 'node', stack, inputs });
    return client.waitFor(id, ['CREATED'], { timeoutMs: deadline - performance.now(), signal });
  }

  /** A destruction that is FAILED is tried again by the reconciler, so that is no end. */
  async #destroy(id: string, deadline: number): Promise<NodeRecord> {
    const { client } = this.#stage.app;
    await client.requestDestruction(id, { reason: 'end of the rehearsal' });
    for (;;) {
      const node = await client.waitFor(id, ['DESTROYED'], { timeoutMs: deadline - performance.now() });
      if (node.state === 'DESTROYED') return node;
      if (performance.now() > deadline) {
        const { code, message } = node.failure ?? { code: 'UNKNOWN', message: '' };
        throw new NodeyardError('TIMED_OUT', `still FAILED to be destroyed: ${code}: ${message}`);
      }
      await sleep(LOOK_MS);
    }
  }

  /** Until the cloud holds nothing that nobody owns, or for as long as that may take. */
  async settle(): Promise<void> {
    const deadline = performance.now() + this.#wish.settleMs;
    for (let said = ''; performance.now() < deadline; await sleep(LOOK_MS)) {
      const left = (await this.#stage.cloud('GET', '/unowned')) as CloudRecord[];
      const ours = left.filter(({ tags }) => this.#ids.includes(tags['nodeyard:node-id'] ?? ''));
      if (ours.length === 0 || this.#problems.length > 0) return;
      const waits = ours.map(({ kind, id }) => `${kind} ${id}`).join(', ');
      if (waits !== said) this.#call.output.note(`waiting for what nobody owns to be destroyed: ${waits}`);
      said = waits;
    }
  }

  /** Does it for every node and notes what goes wrong; answers those for which it went well. */
  async #each(work: (id: string, deadline: number) => Promise<NodeRecord>): Promise<NodeRecord[]> {
    const deadline = performance.now() + this.#wish.timeoutMs;
    const { signal } = this.#call.io.interrupts;
    const answers = await concurrently(this.#ids, this.#ids.length, async (id) => {
      try {
        return await work(id, deadline);
      } catch (error) {
        const unrecorded = error instanceof NodeyardError && error.code === 'UNKNOWN_NODE';
        const interrupted = signal.aborted && error === signal.reason;
        if (!unrecorded && !interrupted) {
          this.#problems.push(`${id}: ${error instanceof Error ? error.message : String(error)}`);
        }
        return undefined;
      }
    });
    return answers.filter((node) => node !== undefined);
  }

  async #printEvents(events: ReturnType<typeof eventFeed>): Promise<void> {
    const { output } = this.#call;
    for await (const event of events) {
      if (event.group === this.#group) this.#say(eventLine(output, event));
    }
  }

  /** A board says it by itself. */
  #say(text: string): void {
    const { output } = this.#call;
    if (output.json) output.note(text);
    else if (!output.live) output.line(text);
  }
}

const counted = (nodes: number): string => `${nodes} node${nodes === 1 ? '' : 's'}`;
