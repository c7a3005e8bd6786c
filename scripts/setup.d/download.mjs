// Usage: download.mjs <url> <file>. For machines that have neither curl nor wget.
import { writeFileSync } from 'node:fs';

const [url = '', file = ''] = process.argv.slice(2);
try {
  const response = await fetch(url);
  if (!response.ok) throw new Error(`HTTP status ${response.status}`);
  writeFileSync(file, Buffer.from(await response.arrayBuffer()));
} catch (error) {
  console.error(`setup: ${url}:`, error instanceof Error ? (error.cause ?? error.message) : error);
  process.exitCode = 1;
}
