/**
 * The headers that keep browsers from doing harm with an answer. They are the same for every answer, so helmet is asked for them once:
 * it would put the policy together anew for each request, which takes it longer than most requests take us.
 */
import helmet from '@fastify/helmet';
import type { FastifyReply } from 'fastify';
import type { Api } from './types.js';

/** Answers are data: a browser that shows one must run and load nothing. */
const NOTHING = {
  defaultSrc: ["'none'"],
  frameAncestors: ["'none'"],
  baseUri: ["'none'"],
  formAction: ["'none'"],
};

type Header = readonly [name: string, value: string];

export async function addSecurityHeaders(api: Api): Promise<void> {
  await api.register(helmet, {
    global: false,
    contentSecurityPolicy: { useDefaults: false, directives: NOTHING },
  });
  let headers: readonly Header[] | undefined;
  api.addHook('onRequest', async (_request, reply) => {
    headers ??= await headersOf(reply);
    for (const [name, value] of headers) reply.raw.setHeader(name, value);
  });
}

/** What helmet puts on an answer that has no header yet. */
async function headersOf(reply: FastifyReply): Promise<readonly Header[]> {
  const { raw } = reply;
  const before = new Set(raw.getHeaderNames());
  await reply.helmet();
  return raw
    .getHeaderNames()
    .filter((name) => !before.has(name))
    .map((name): Header => [name, String(raw.getHeader(name))]);
}
