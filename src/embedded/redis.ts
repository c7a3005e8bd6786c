/**
 * The embedded Redis: one private server for all processes that use a data directory.
 *
 * Whoever comes first starts the server and owns it: it ends with its owner. Who comes later shares it. When a shared
 * server ends with its owner, one of those who shared it starts it again on the same socket, so that clients only have
 * to reconnect. The lock makes "look, then start" one step; a server is started only when the earlier one has ended,
 * because two servers on one append-only file would destroy it.
 */
import { rmdirSync } from 'node:fs';
import type { Socket } from 'node:net';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { NodeyardError } from '../errors.js';
import type { Log } from '../log.js';
import { withLock } from './lock.js';
import { type Places, placesIn } from './places.js';
import { connectTo } from './probe.js';
import { findServer } from './program.js';
import { lastWords, runningPid, type Server, spawnServer } from './server.js';

export interface EmbeddedRedisOptions {
  /** Absolute; the server’s files are in `redis/` below it. */
  readonly dataDir: string;
  /** Where the server’s program is looked for (`searchPath` of config.ts). */
  readonly path: string;
  readonly log: Log;
}

export interface EmbeddedRedis {
  /** The unix socket; it stays the same for a data directory. `new Redis(socket)` of ioredis takes it. */
  readonly socket: string;
  /** Whether the server runs as a child of this process now. */
  readonly owned: boolean;
  /** Ends the server if this process owns it. Its data stay. */
  stop(): Promise<void>;
}

const POLL_MS = 20;
/** How long a server that neither answers nor ends is waited for. */
const STUCK_AFTER_MS = 60_000;
const LONGEST_RETRY_MS = 5_000;

/** Starts the server or finds the running one. Throws REDIS_UNAVAILABLE with what its log says. */
export async function startEmbeddedRedis(options: EmbeddedRedisOptions): Promise<EmbeddedRedis> {
  const redis = new SharedServer(options);
  await redis.ensure();
  return redis;
}

class SharedServer implements EmbeddedRedis {
  readonly socket: string;
  readonly #options: EmbeddedRedisOptions;
  /** Set while this process owns the server. */
  #server: Server | undefined;
  /** An idle connection, whose end tells that the server is gone. */
  #watch: Socket | undefined;
  #revival: Promise<void> | undefined;
  #stopping = false;

  constructor(options: EmbeddedRedisOptions) {
    this.#options = options;
    this.socket = placesIn(options.dataDir).socket;
  }

  get owned(): boolean {
    return this.#server !== undefined && !this.#server.hasEnded();
  }

  async ensure(): Promise<void> {
    const watch = (await connectTo(this.socket)) ?? (await this.#locked((places) => this.#start(places)));
    this.#watch = watch;
    watch.once('close', () => this.#onGone());
    // It may have gone before anybody listened.
    if (watch.destroyed) this.#onGone();
  }

  async stop(): Promise<void> {
    this.#stopping = true;
    await this.#revival;
    this.#watch?.destroy();
    const server = this.#server;
    if (server === undefined) return;
    await this.#locked(async (places) => {
      await server.end();
      removeShortDirectory(places);
    });
  }

  #locked<T>(step: (places: Places) => Promise<T>): Promise<T> {
    const { dataDir, log } = this.#options;
    // The places are made anew: an owner that ended may just have removed the socket’s directory.
    return withLock(placesIn(dataDir).lock, log, () => step(placesIn(dataDir)));
  }

  async #start(places: Places): Promise<Socket> {
    const shared = await earlierServer(places);
    if (shared !== undefined) return shared;
    const server = spawnServer(findServer(this.#options.path), places);
    while (!server.hasEnded()) {
      const watch = await connectTo(places.socket);
      if (watch !== undefined) {
        this.#server = server;
        this.#options.log.debug({ socket: places.socket }, 'embedded Redis started');
        return watch;
      }
      await Promise.race([sleep(POLL_MS), server.ended]);
    }
    throw new NodeyardError(
      'REDIS_UNAVAILABLE',
      `The embedded Redis did not start. ${places.logFile} ends with:\n${lastWords(places)}`,
    );
  }

  #onGone(): void {
    if (this.#stopping || this.#revival !== undefined) return;
    this.#options.log.info('the embedded Redis ended; it is started again');
    this.#revival = this.#revive().finally(() => {
      this.#revival = undefined;
    });
  }

  async #revive(): Promise<void> {
    for (let wait = POLL_MS; !this.#stopping; wait = Math.min(wait * 2, LONGEST_RETRY_MS)) {
      try {
        await this.ensure();
        return;
      } catch (error) {
        this.#options.log.error({ err: error }, 'the embedded Redis could not be started again');
        await sleep(wait);
      }
    }
  }
}

/**
 * A connection to a server that runs already, or nothing when none does. One that does not answer is on its way: it
 * still loads its data, or ends because its owner did.
 */
async function earlierServer(places: Places): Promise<Socket | undefined> {
  const deadline = Date.now() + STUCK_AFTER_MS;
  for (;;) {
    const watch = await connectTo(places.socket);
    if (watch !== undefined) return watch;
    const pid = runningPid(places);
    if (pid === undefined) return undefined;
    if (Date.now() > deadline) {
      throw new NodeyardError(
        'REDIS_UNAVAILABLE',
        `The embedded Redis (process ${pid}) does not answer. End it with \`kill ${pid}\`, or remove ${places.pidFile} if that process is something else.`,
      );
    }
    await sleep(POLL_MS);
  }
}

function removeShortDirectory({ socket, directory }: Places): void {
  if (dirname(socket) === directory) return;
  try {
    rmdirSync(dirname(socket));
  } catch {
    // Not empty: another server is there already.
  }
}
