/** Leaves a cloud and a worker running, and says how to reach both from another terminal. */
import type { Call } from '../../../src/cli/call.js';
import { eventFeed } from '../../../src/cli/event-feed.js';
import { eventLine } from '../../../src/cli/event-line.js';
import type { ExitName } from '../../../src/cli/exit-status.js';
import { SOCKET_VARIABLE } from '../api.js';
import { keepBooks } from './books.js';
import { printLeft } from './print.js';
import type { Stage } from './stage.js';
import type { Wish } from './wish.js';

export async function serve({ io, output }: Call, stage: Stage, wish: Wish): Promise<ExitName> {
  const { app } = stage;
  const books = await keepBooks(stage.cloud);
  await stage.inject(wish);
  const after = await app.store.latestPosition();
  const exports = exportsOf(stage);
  if (output.json) output.value({ type: 'ready', directory: stage.directory, env: exports });
  else {
    for (const [name, value] of Object.entries(exports)) output.line(`export ${name}=${quoted(value)}`);
    output.note('waiting for jobs in the simulated cloud; Ctrl-C ends it');
  }
  for await (const event of eventFeed(app.store, { after, signal: io.interrupts.signal })) {
    if (output.json) output.value(event);
    else output.line(eventLine(output, event));
  }
  const left = await books.left(app.store);
  printLeft(output, left);
  // Nodes that live on are the user’s to destroy; what has no node is a leak.
  return left.every(({ owned }) => owned) ? 'done' : 'failed';
}

/** What makes `nodeyard` and `main.ts` speak to this rehearsal, whatever file lies in their directory. */
const exportsOf = ({ app, cloudDirectory, socket }: Stage): Record<string, string> => ({
  NODEYARD_SIMULATED_CLOUD: cloudDirectory,
  NODEYARD_DATA_DIR: app.config.dataDir,
  REDIS_URL: app.redis.options.path ?? '',
  ...(app.config.stacks.length === 0 ? {} : { NODEYARD_STACKS: app.config.stacks.join(',') }),
  [SOCKET_VARIABLE]: socket,
});

const quoted = (value: string): string =>
  /^[\w/.,:@-]+$/.test(value) ? value : `'${value.replaceAll("'", "'\\''")}'`;
