/**
 * Answers that are none must not count: the SDK takes any well-formed document for an answer in which nothing stands, and so
 * a proxy’s page, with the status 200, for “there is nothing”. Seen with 3.1169.
 */
import type { EC2Client } from '@aws-sdk/client-ec2';

/** The call is made again, as after a lost answer: every call here may be made twice. */
class NoAnswer extends Error {
  override readonly name = 'NoAnswer';
  readonly $retryable = {};
}

export function requireWholeAnswers(client: EC2Client): void {
  client.middlewareStack.add(
    (next, { commandName = '' }) =>
      async (args) => {
        const result = await next(args);
        const response = result.response as { readonly statusCode: number; body: unknown };
        if (response.statusCode >= 300) return result;
        const body = await bytesOf(response.body);
        const root = `${commandName.replace(/Command$/, '')}Response`;
        const text = body.toString('utf8');
        if (!isWhole(text, root)) {
          throw new NoAnswer(`an answer that is not a whole <${root}>, of ${body.byteLength} bytes`);
        }
        response.body = body;
        return result;
      },
    // Low: after the SDK’s own reader of answers, which is to see only what has passed here.
    { name: 'wholeAnswers', step: 'deserialize', priority: 'low' },
  );
}

const isWhole = (text: string, root: string): boolean =>
  new RegExp(`^\\s*(?:<\\?xml[^>]*\\?>\\s*)?<${root}[\\s/>]`).test(text) &&
  new RegExp(`(?:</${root}>|<${root}[^<]*/>)\\s*$`).test(text.slice(-200));

async function bytesOf(body: unknown): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of body as AsyncIterable<Uint8Array>) chunks.push(chunk);
  return Buffer.concat(chunks);
}
