/** Asks a running cloud what tests and people want to know; see cloud/server.ts. */
import { request } from 'node:http';

/** `path` begins with `/`. Throws with the cloud’s own words when it refuses. */
export function askCloud(
  socket: string,
  method: 'GET' | 'POST',
  path: string,
  body?: unknown,
): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const out = request({ socketPath: socket, method, path, agent: false }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('error', reject);
      response.on('end', () => {
        const answer: unknown = JSON.parse(Buffer.concat(chunks).toString('utf8'));
        if (response.statusCode === 200) resolve(answer);
        else reject(new Error(`the cloud refuses: ${JSON.stringify(answer)}`));
      });
    });
    out.on('error', reject);
    out.end(body === undefined ? undefined : JSON.stringify(body));
  });
}
