/** How the answer to a call reaches its caller, or does not: what a fault does to the way back. */
import type { ServerResponse } from 'node:http';
import type { CloudReply, CloudRequest } from '../api.js';
import type { SimulatedCloud } from './cloud.js';

/** Carries the call out and has its answer written, in the caller’s form, unless a fault is in the way. */
export async function deliver(
  cloud: SimulatedCloud,
  request: CloudRequest,
  response: ServerResponse,
  write: (reply: CloudReply) => void | Promise<void>,
): Promise<void> {
  const fault = cloud.strike(request.call);
  if (fault?.fault === 'slow') await new Promise((resolve) => setTimeout(resolve, fault.ms));
  const { reply } = cloud.serve(request, fault);
  const kind = fault?.fault;
  if (kind === 'hang' || kind === 'hang-after') return;
  if (kind === 'cut-before' || kind === 'cut-after') response.destroy();
  else if (kind === 'malformed') response.end('<html><body>It works!</body></html>');
  else if (kind === 'crash-after') await write({ requestId: reply.requestId, crash: true });
  else await write(reply);
}

export async function read(request: AsyncIterable<unknown>): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString('utf8');
}
