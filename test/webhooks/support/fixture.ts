/** Webhooks on a real Redis and a real store, delivered to real receivers, by a clock that the test moves. */
import { afterEach, beforeEach, expect } from 'vitest';
import { createLog, type Log } from '../../../src/log.js';
import { createEventTail } from '../../../src/store/tail.js';
import { AddressRules } from '../../../src/webhooks/addresses.js';
import { type Delivering, deliverWebhooks } from '../../../src/webhooks/deliver.js';
import type { Deliveries } from '../../../src/webhooks/deliveries.js';
import type { PostLimits } from '../../../src/webhooks/exchange.js';
import { silentMeter, type WebhookMeter } from '../../../src/webhooks/meter.js';
import { createPost } from '../../../src/webhooks/post.js';
import { createRedisDeliveries } from '../../../src/webhooks/redis-deliveries.js';
import { createRedisWebhooks } from '../../../src/webhooks/redis-webhooks.js';
import { createResolver } from '../../../src/webhooks/resolve.js';
import type { DeliverySettings } from '../../../src/webhooks/session.js';
import type { WebhookRequest } from '../../../src/webhooks/webhook.js';
import type { Webhooks } from '../../../src/webhooks/webhooks.js';
import { nodeAt, type StoreFixture, useStore } from '../../store/support.js';
import { record } from '../../support/leaks/record.js';
import { ManualClock } from './manual-clock.js';
import { Receiver } from './receiver.js';

const SETTINGS: DeliverySettings = {
  attempts: 4,
  backoff: { firstMs: 1_000, maxMs: 60_000 },
  concurrency: 4,
  // Longer than a test lets time pass at once.
  leaseMs: 3_600_000,
};
const LIMITS: PostLimits = { connectMs: 20_000, headMs: 20_000, bodyMs: 20_000 };
export const LETTERS = 20;

export interface DeliverWish {
  readonly settings?: Partial<DeliverySettings>;
  readonly limits?: Partial<PostLimits>;
  readonly meter?: WebhookMeter;
  readonly keys?: readonly Uint8Array[];
  readonly deliveries?: Deliveries;
}

export class WebhookFixture {
  readonly store: StoreFixture;
  clock = new ManualClock();
  /** Everything that was logged, as it would be written. */
  logged = '';
  readonly log: Log = createLog({
    level: 'trace',
    destination: {
      write: (line) => {
        this.logged += line;
        record('log', line);
      },
    },
  });
  ends: (() => unknown)[] = [];

  constructor(store: StoreFixture) {
    this.store = store;
  }

  get redis() {
    return this.store.redis;
  }

  /** The clock of Redis in the scripts: leases and letters go by the test’s time. */
  readonly #time = (): number => this.clock.now();
  readonly #rules = { allowHttp: true, addresses: new AddressRules(['127.0.0.1']) };

  webhooks({ keys = [] }: Pick<DeliverWish, 'keys'> = {}): Webhooks {
    return createRedisWebhooks({
      redis: this.redis,
      keys,
      rules: this.#rules,
      latestPosition: () => this.store.store.latestPosition(),
      post: createPost({ rules: this.#rules, resolve: createResolver(), limits: LIMITS }),
      clock: this.#time,
    });
  }

  deliveries({ keys = [] }: Pick<DeliverWish, 'keys'> = {}): Deliveries {
    return createRedisDeliveries({ redis: this.redis, keys, letters: LETTERS, clock: this.#time });
  }

  deliver({ settings, limits, meter = silentMeter, keys = [], deliveries }: DeliverWish = {}): Delivering {
    const delivering = deliverWebhooks({
      deliveries: deliveries ?? this.deliveries({ keys }),
      source: this.store.store,
      post: createPost({ rules: this.#rules, resolve: createResolver(), limits: { ...LIMITS, ...limits } }),
      settings: { ...SETTINGS, ...settings },
      clock: this.clock,
      random: () => 1,
      meter,
      log: this.log,
    });
    const tail = createEventTail(this.store.store, this.log);
    tail.subscribe(() => delivering.wake());
    let stopped: Promise<void> | undefined;
    const stop = (): Promise<void> => {
      stopped ??= this.#timePassesDuring(Promise.all([tail.close(), delivering.stop()]));
      return stopped;
    };
    this.ends.push(stop);
    return { ...delivering, stop };
  }

  async #timePassesDuring(work: Promise<unknown>): Promise<void> {
    const passing = setInterval(() => this.clock.pass(100), 5);
    try {
      await work;
    } finally {
      clearInterval(passing);
    }
  }

  async receiver(...options: Parameters<typeof Receiver.open>): Promise<Receiver> {
    const receiver = await Receiver.open(...options);
    this.ends.push(() => receiver.close());
    return receiver;
  }

  add(receiver: Pick<Receiver, 'url'>, request: Partial<WebhookRequest> = {}) {
    return this.webhooks().add({ url: receiver.url, ...request }, { createdBy: 'test' });
  }

  /** A node, without the events of its making among those that come now. */
  async node(): Promise<string> {
    return (await nodeAt(this.store.store, 'INSERVICE')).id;
  }

  /** An event of a node; its `reason` is the word. */
  async happens(id: string, word: string): Promise<void> {
    await this.store.store.note(id, { actor: 'operator', reason: word });
  }

  /** Waits for it, and lets a little time pass while it waits, as it does where nobody injects a clock. */
  async eventually<T>(look: () => T | Promise<T>, expected: unknown, stepMs = 1): Promise<void> {
    await expect
      .poll(
        async () => {
          this.clock.pass(stepMs);
          return look();
        },
        { timeout: 20_000, interval: 5 },
      )
      .toEqual(expected);
  }
}

/** The reasons of the events that a receiver got, in the order in which they came. */
export const words = ({ received }: Receiver): (string | undefined)[] =>
  received.map(({ body }) => (JSON.parse(body) as { data: { reason?: string } }).data.reason);

export function useWebhooks(): WebhookFixture {
  const fixture = new WebhookFixture(useStore({ sound: false }));
  beforeEach(() => {
    fixture.clock = new ManualClock();
    fixture.logged = '';
    fixture.ends = [];
  });
  // Before the store’s own hook, which counts connections: hooks of after run from the last to the first.
  afterEach(async () => {
    for (const end of fixture.ends.reverse()) await end();
  });
  return fixture;
}
