/**
 * Writes the generated documentation and the published schemas. With `--check` it writes nothing and fails, naming the pages, when one is stale.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { configurationPage } from './docs/configuration.js';
import { errorCodeTable } from './docs/error-codes.js';
import { groupSchema, groupTable, roleTable } from './docs/groups.js';
import { jobSchema } from './docs/job-schema.js';
import { lifecycleDiagram, lifecycleTable } from './docs/lifecycle.js';
import { metricTable } from './docs/metrics.js';
import { fill } from './docs/page.js';
import { faultPlanTable, simulatedTypeList } from './docs/rehearsal.js';
import { webhookSchema } from './docs/webhook-schema.js';

/** Each page with what makes its new text from the old one. */
const PAGES: Readonly<Record<string, (page: string) => string>> = {
  'docs/configuration.md': configurationPage,
  'docs/groups.md': (page) => fill(fill(page, 'group', groupTable()), 'role', roleTable()),
  'docs/lifecycle.md': (page) => fill(fill(page, 'diagram', lifecycleDiagram()), 'table', lifecycleTable()),
  'docs/operations.md': (page) => fill(fill(page, 'metrics', metricTable()), 'error-codes', errorCodeTable()),
  'docs/rehearsal.md': (page) =>
    fill(fill(page, 'fault-plans', faultPlanTable()), 'simulated-types', simulatedTypeList()),
  'schema/create-job.v1.schema.json': () => jobSchema('create'),
  'schema/destroy-job.v1.schema.json': () => jobSchema('destroy'),
  'schema/group.v1.schema.json': groupSchema,
  'schema/webhook-payload.v1.schema.json': webhookSchema,
};

const root = new URL('../', import.meta.url);
const stale = Object.entries(PAGES).flatMap(([path, make]) => {
  const old = readIfThere(new URL(path, root));
  const text = make(old);
  return text === old ? [] : [{ path, text }];
});

if (process.argv.includes('--check')) {
  for (const { path } of stale) console.error(`${path} is stale: run \`npx tsx scripts/generate-docs.ts\``);
  process.exitCode = stale.length === 0 ? 0 : 1;
} else {
  for (const { path, text } of stale) {
    writeFileSync(new URL(path, root), text);
    console.log(`wrote ${path}`);
  }
}

function readIfThere(file: URL): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}
