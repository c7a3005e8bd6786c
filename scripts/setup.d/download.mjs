// Usage: download.mjs <url> <file>. For machines that have neither curl nor wget.
import { createWriteStream } from 'node:fs';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';

const [url, file] = process.argv.slice(2);
try {
  const response = await fetch(url);
  if (!response.ok) throw new Error(`HTTP status ${response.status}`);
  await pipeline(Readable.fromWeb(response.body), createWriteStream(file));
} catch (error) {
  console.error(`setup: ${url}: ${error.cause?.message ?? error.message}`);
  process.exitCode = 1;
}
