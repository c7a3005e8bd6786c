/**
 * The process that a local node is: GET /healthz answers 503 while it boots and 200 from then on, GET /subscribe holds the
 * connection of a subscriber. It lives until it gets TERM or INT; where it was told of the API, it speaks for itself.
 */
import { existsSync } from 'node:fs';
import { createServer } from 'node:http';
import { speak } from './events.mjs';
import { localFiles, writeWhole } from './files.mjs';
import { optionalParameter, parameter } from './parameters.mjs';

const files = localFiles(parameter('DIR'), parameter('TOKEN'));
const bootDelayMs = Number(parameter('BOOT_DELAY_MS'));
const identity = { nodeId: parameter('NODE_ID'), pid: process.pid, message: parameter('MESSAGE') };
/** @type {Set<import('node:http').ServerResponse>} */
const subscribers = new Set();
let healthy = false;

const server = createServer((request, response) => {
  const path = request.method === 'GET' ? request.url?.split('?', 1)[0] : undefined;
  if (path === '/subscribe' && healthy) return hold(response);
  const found = path === '/healthz';
  const status = found ? (healthy ? 'ok' : 'booting') : 'not found';
  response.writeHead(found ? (healthy ? 200 : 503) : 404, { 'content-type': 'application/json' });
  response.end(
    `${JSON.stringify({ status, ...(found ? { ...identity, uptimeSeconds: process.uptime() } : {}) })}\n`,
  );
});

process.once('SIGTERM', leave);
process.once('SIGINT', leave);
// The starter may be killed while this boots: its end is none of ours.
process.once('disconnect', () => undefined);

server.once('error', (error) => {
  process.stderr.write(`cannot listen: ${error.message}\n`);
  process.exitCode = 1;
  release();
});
server.listen(Number(parameter('PORT')), '127.0.0.1', () => {
  const bound = server.address();
  if (bound === null || typeof bound === 'string') throw new Error('no port was bound');
  const address = `http://127.0.0.1:${bound.port}`;
  // A destroy may have come and gone while this process was on its way.
  if (existsSync(files.ended) || !existsSync(files.directory)) return leave();
  writeWhole(
    files.facts(parameter('START')),
    JSON.stringify({ address, port: bound.port, pid: process.pid }),
  );
  setTimeout(() => announce(address), bootDelayMs);
});

/**
 * Until either side ends it.
 * @param {import('node:http').ServerResponse} response
 */
function hold(response) {
  subscribers.add(response);
  response.once('close', () => subscribers.delete(response));
  response.writeHead(200, { 'content-type': 'text/plain' });
  response.write('subscribed\n');
}

/** @param {{ name: string }} command */
function obey({ name }) {
  if (name !== 'RemoveSubscribers') return 'unsupported';
  for (const response of subscribers) response.destroy();
  return 'done';
}

/** @param {string} address */
function announce(address) {
  healthy = true;
  const [url, token] = [optionalParameter('EVENTS_URL'), optionalParameter('EVENTS_TOKEN')];
  if (url !== undefined && token !== undefined) {
    const load = () => ({ connections: subscribers.size, publishers: 0, subscribers: subscribers.size });
    speak({ url, token, load, obey });
  }
  // The starter may go at this very moment; then nobody is left to be told.
  if (process.connected) process.send?.(address, undefined, {}, () => undefined);
}

function leave() {
  server.close();
  server.closeAllConnections();
  process.exit(0);
}

function release() {
  if (process.connected) process.disconnect();
}
