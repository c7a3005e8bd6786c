/**
 * What the reads of the API are compared with, in a process of its own: the same answers as constants of a plain Fastify, which is
 * as little as such a server can do; and BullMQ's own look at as many jobs as there are nodes, the calls that a dashboard of jobs
 * is made of. Its parent says where the jobs are and what the constants are.
 */
import { Queue } from 'bullmq';
import fastify from 'fastify';

export interface PeerParts {
  /** Of the Redis with the jobs. */
  readonly socket: string;
  readonly queue: string;
  /** By kind of read. */
  readonly constants: Readonly<Record<string, unknown>>;
}

const PAGE = 20;

async function serve({ socket, queue: name, constants }: PeerParts): Promise<string> {
  const queue = new Queue(name, { connection: { path: socket } });
  const server = fastify();
  for (const [kind, answer] of Object.entries(constants)) server.get(`/constant/${kind}`, async () => answer);
  server.get<{ Params: { id: string } }>('/jobs/:id', async ({ params }) =>
    (await queue.getJob(params.id))?.toJSON(),
  );
  server.get<{ Querystring: { start: string } }>('/jobs', async ({ query }) => {
    const start = Number(query.start);
    const jobs = await queue.getJobs(['waiting'], start, start + PAGE - 1, true);
    return jobs.map((job) => job.toJSON());
  });
  server.get('/counts', () => queue.getJobCounts());
  return server.listen({ host: '127.0.0.1', port: 0 });
}

process.on('message', (parts: PeerParts) => {
  serve(parts).then(
    (url) => process.send?.({ answer: url }),
    (error: unknown) => process.send?.({ problem: String(error) }),
  );
});
process.once('disconnect', () => process.exit());
process.send?.({ answer: 'ready' });
