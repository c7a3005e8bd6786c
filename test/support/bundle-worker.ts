/** A process that acquires one bundle several times at once: `node --import tsx bundle-worker.ts <binary> <root> <mirror> <count>`. */
import { silentLog } from '../../src/log.js';
import { createBundles } from '../../src/terraform/bundle.js';

const [path = '', root = '', from = '', count = '1'] = process.argv.slice(2);
const bundles = createBundles({
  root,
  binary: { path, product: 'terraform', version: '1.11.4' },
  env: process.env,
  mirror: { from },
  log: silentLog,
});
const requirements = { thing: { source: 'example.test/nodeyard/thing', version: '1.0.0' } };
const acquired = await Promise.all(
  Array.from({ length: Number(count) }, () => bundles.acquire(requirements)),
);
process.stdout.write(JSON.stringify(acquired.map(({ dataDir }) => dataDir)));
