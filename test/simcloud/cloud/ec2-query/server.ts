/**
 * The cloud as EC2’s SDKs and tools find it: the Query protocol over HTTP on this machine. What they call is booked and
 * struck by faults like what the provider calls.
 */
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { CloudReply, CloudRequest } from '../../api.js';
import type { SimulatedCloud } from '../cloud.js';
import { deliver, read } from '../delivery.js';
import { CloudRefusal } from '../errors.js';
import { actionOf } from './actions.js';
import { signedBy } from './authorization.js';
import { element, escaped, operationOf, readInput, writeOutput } from './shapes.js';
import { assumeRoleAnswer, assumeRoleInput, refusal } from './sts.js';

const NAMESPACE = 'http://ec2.amazonaws.com/doc/2016-11-15/';
const PROLOGUE = '<?xml version="1.0" encoding="UTF-8"?>\n';

export interface Ec2Endpoint {
  readonly server: Server;
  /** The variables with which an SDK or a tool comes here, and to no account. */
  readonly env: Readonly<Record<string, string>>;
}

/** On any port when it is 0. */
export async function serveEc2(cloud: SimulatedCloud, port = 0): Promise<Ec2Endpoint> {
  const server = createServer((request, response) => {
    void answer(cloud, request, response);
  });
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  const { port: chosen } = server.address() as AddressInfo;
  return {
    server,
    env: {
      AWS_ENDPOINT_URL_EC2: `http://127.0.0.1:${chosen}`,
      AWS_ACCESS_KEY_ID: 'AKIASIMULATED0000000',
      AWS_SECRET_ACCESS_KEY: 'simulated-secret-that-opens-nothing',
      AWS_ENDPOINT_URL_STS: `http://127.0.0.1:${chosen}`,
    },
  };
}

async function answer(
  cloud: SimulatedCloud,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  try {
    await call(cloud, request, response);
  } catch (error) {
    const { code, message, status } =
      error instanceof CloudRefusal ? error : new CloudRefusal('InternalError', String(error), 500);
    refuse(response, status, code, message, '');
  }
}

async function call(
  cloud: SimulatedCloud,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const {
    Action: name = '',
    Version: _any,
    ...rest
  } = Object.fromEntries(new URLSearchParams(await read(request)));
  const signed = signedBy(request.headers);
  const { region, session } = signed;
  const caller = { agent: request.headers['user-agent'] };
  if (signed.service === 'sts') {
    await assumeRole(cloud, { call: name, region, input: rest, caller, session }, response);
    return;
  }
  const action = actionOf(name);
  const operation = await operationOf(name);
  if (action === undefined || operation === undefined) {
    throw new CloudRefusal('InvalidAction', `The action ${name} is not valid for this web service.`);
  }
  const input = readInput(operation, new Map(Object.entries(rest)));
  const ignored = Object.keys(input).find((member) => !action.takes.includes(member));
  if (ignored !== undefined) {
    throw new CloudRefusal('UnsupportedOperation', `This cloud does not simulate ${ignored} of ${name}.`);
  }
  await deliver(cloud, { call: name, region, input, caller, session }, response, (reply: CloudReply) => {
    // Only the provider can be told to die; anybody else has a connection that does.
    if ('crash' in reply) response.destroy();
    else if ('error' in reply) {
      refuse(response, reply.status, reply.error.code, reply.error.message, reply.requestId);
    } else {
      const content = writeOutput(operation, action.shows?.(reply.output) ?? reply.output);
      const body = `<${name}Response xmlns="${NAMESPACE}">${element('requestId', reply.requestId)}${content}</${name}Response>`;
      send(response, 200, body, reply.requestId);
    }
  });
}

async function assumeRole(
  cloud: SimulatedCloud,
  { input: parameters, ...request }: Omit<CloudRequest, 'input'> & { readonly input: Record<string, string> },
  response: ServerResponse,
): Promise<void> {
  try {
    const input = { ...assumeRoleInput(request.call, parameters) };
    await deliver(cloud, { ...request, input }, response, (reply) => {
      const { requestId } = reply;
      if ('crash' in reply) response.destroy();
      else if ('error' in reply) {
        const { code, message } = reply.error;
        send(response, reply.status, refusal(code, message, requestId), requestId);
      } else send(response, 200, assumeRoleAnswer(reply.output, requestId), requestId);
    });
  } catch (error) {
    if (!(error instanceof CloudRefusal)) throw error;
    send(response, error.status, refusal(error.code, error.message, ''), '');
  }
}

function refuse(
  response: ServerResponse,
  status: number,
  code: string,
  message: string,
  requestId: string,
): void {
  const error = element('Error', element('Code', escaped(code)) + element('Message', escaped(message)));
  const body = element('Response', element('Errors', error) + element('RequestID', requestId));
  send(response, status, body, requestId);
}

function send(response: ServerResponse, status: number, body: string, requestId: string): void {
  const headers = { 'content-type': 'text/xml;charset=UTF-8', 'x-amzn-requestid': requestId };
  response.writeHead(status, headers).end(PROLOGUE + body);
}
