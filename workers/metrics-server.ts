/** Serves the metrics of a worker over HTTP: `GET /metrics` and nothing else. */
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { ListenAddress } from '../src/config/listen.js';
import { NodeyardError } from '../src/errors.js';
import type { Log } from '../src/log.js';
import type { Metrics } from '../src/metrics.js';

export interface MetricsServer {
  /** `http://127.0.0.1:9464/metrics`, with the port that was really taken. */
  readonly url: string;
  close(): Promise<void>;
}

const PATH = '/metrics';
/** Nobody has more to say than a request line and some headers. */
const REQUEST_TIMEOUT_MS = 10_000;

/** Throws CONFIG_INVALID where the address cannot be had. */
export async function serveMetrics(
  metrics: Pick<Metrics, 'scrape'>,
  { host, port }: ListenAddress,
  log: Log,
): Promise<MetricsServer> {
  const server = createServer({ requestTimeout: REQUEST_TIMEOUT_MS }, (request, response) => {
    answer(metrics, request, response).catch((error: unknown) => {
      log.warn({ error: String(error) }, 'metrics not told');
      response.writeHead(500).end();
    });
  });
  server.listen(port, host);
  try {
    await once(server, 'listening');
  } catch (error) {
    throw notListening(host, port, error);
  }
  const taken = server.address() as AddressInfo;
  const name = host.includes(':') ? `[${host}]` : host;
  return {
    url: `http://${name}:${taken.port}${PATH}`,
    async close() {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}

async function answer(
  metrics: Pick<Metrics, 'scrape'>,
  { method, url = '' }: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  if (url.split('?', 1)[0] !== PATH) {
    response.writeHead(404).end();
    return;
  }
  if (method !== 'GET' && method !== 'HEAD') {
    response.writeHead(405, { allow: 'GET, HEAD' }).end();
    return;
  }
  const { contentType, body } = await metrics.scrape();
  response.writeHead(200, { 'content-type': contentType });
  response.end(method === 'HEAD' ? undefined : body);
}

function notListening(host: string, port: number, cause: unknown): NodeyardError {
  const { code } = cause as NodeJS.ErrnoException;
  const why = code === 'EADDRINUSE' ? 'something else listens there' : String(code ?? cause);
  return new NodeyardError(
    'CONFIG_INVALID',
    `the metrics cannot be served at ${host}:${port}: ${why}. Choose another address with metrics.listen (NODEYARD_METRICS_LISTEN); port 0 takes any that is free`,
    { field: 'metrics.listen', cause },
  );
}
