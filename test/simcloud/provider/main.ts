/**
 * The entry of the provider’s process. It is bundled into one file with everything it needs (mirror.ts); Terraform starts
 * a stub of two lines that loads the file and calls `serve`.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ProviderSchemas } from '../schema.js';
import { selfSigned } from './certificate.js';
import { CLIENT_CERTIFICATE_VARIABLE, COOKIE_VARIABLE, handshakeLine } from './handshake.js';
import { Provider } from './provider.js';
import { serveProvider } from './server.js';

/** How often it looks whether its Terraform still lives; a killed one asks nobody to end. */
const ORPHAN_CHECK_MS = 100;
/** Lets the answer to Shutdown leave. Without an exit Terraform waits for two seconds and kills. */
const LAST_WORDS_MS = 5;

/** `directory` holds the schemas and the .proto files. */
export async function serve(directory: string): Promise<void> {
  const clientCertPem = process.env[CLIENT_CERTIFICATE_VARIABLE];
  if (process.env[COOKIE_VARIABLE] === undefined || clientCertPem === undefined) {
    process.stderr.write('This is a plugin of Terraform, which starts it.\n');
    process.exit(1);
  }
  endWithParent();
  const schemas = JSON.parse(readFileSync(join(directory, 'schemas.json'), 'utf8')) as ProviderSchemas;
  const { der, certPem, keyPem } = selfSigned(Date.now());
  const provider = new Provider(schemas, {
    env: process.env,
    pid: process.pid,
    stop: new AbortController(),
    crash() {
      process.kill(process.pid, 'SIGKILL');
      throw new Error('killed');
    },
  });
  const port = await serveProvider({
    directory,
    provider,
    certPem,
    keyPem,
    clientCertPem,
    onShutdown: () => void setTimeout(() => process.exit(0), LAST_WORDS_MS),
  });
  process.stdout.write(handshakeLine(port, der));
}

function endWithParent(): void {
  // Ctrl-C at a terminal reaches the whole group; it is for Terraform to ask.
  process.on('SIGINT', () => undefined);
  const parent = process.ppid;
  setInterval(() => {
    if (process.ppid !== parent) process.exit(1);
  }, ORPHAN_CHECK_MS).unref();
}
