/**
 * The cloud on a unix socket. `POST /call` is what the provider uses; the rest is for tests and people:
 * `GET /resources`, `GET /unowned?node=…&node=…`, `GET /calls?name=…`, `GET /cost`, `POST /faults { plan, seed }`.
 */
import { once } from 'node:events';
import { rmSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { CloudRequest } from '../api.js';
import type { SimulatedCloud } from './cloud.js';
import { deliver, read } from './delivery.js';
import type { FaultPlanInput } from './faults.js';

/** Serves on the socket until the server is closed. A socket that a killed cloud left is taken over. */
export async function serveCloud(cloud: SimulatedCloud, socket: string): Promise<Server> {
  rmSync(socket, { force: true });
  const server = createServer((request, response) => {
    void answer(cloud, request, response);
  });
  server.listen(socket);
  await once(server, 'listening');
  return server;
}

async function answer(
  cloud: SimulatedCloud,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  try {
    const body = await read(request);
    const { pathname, searchParams } = new URL(request.url ?? '/', 'http://cloud');
    const route = `${request.method} ${pathname}`;
    if (route === 'POST /call') {
      await deliver(cloud, JSON.parse(body) as CloudRequest, response, (reply) =>
        send(response, 'error' in reply ? reply.status : 200, reply),
      );
    } else send(response, 200, question(cloud, route, searchParams, body));
  } catch (error) {
    send(response, 400, { error: String(error) });
  }
}

function question(cloud: SimulatedCloud, route: string, query: URLSearchParams, body: string): unknown {
  switch (route) {
    case 'GET /resources':
      return cloud.resources();
    case 'GET /unowned':
      return cloud.unowned(query.getAll('node'));
    case 'GET /calls':
      return cloud.calls(query.get('name') ?? undefined);
    case 'GET /cost':
      return { dollars: cloud.cost() };
    case 'POST /faults': {
      const { plan, seed } = JSON.parse(body) as { plan: FaultPlanInput; seed?: number | string };
      cloud.inject(plan, seed);
      return {};
    }
    default:
      throw new Error(`no such question: ${route}`);
  }
}

function send(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}
