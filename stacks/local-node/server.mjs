/**
 * The process that a local node is: GET /healthz answers 503 while it boots and 200 from then on. It lives until it gets
 * TERM or INT.
 */
import { existsSync } from 'node:fs';
import { createServer } from 'node:http';
import { localFiles, writeWhole } from './files.mjs';
import { parameter } from './parameters.mjs';

const files = localFiles(parameter('DIR'), parameter('TOKEN'));
const bootDelayMs = Number(parameter('BOOT_DELAY_MS'));
const identity = { nodeId: parameter('NODE_ID'), pid: process.pid, message: parameter('MESSAGE') };
let healthy = false;

const server = createServer((request, response) => {
  const found = request.method === 'GET' && request.url?.split('?', 1)[0] === '/healthz';
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

/** @param {string} address */
function announce(address) {
  healthy = true;
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
