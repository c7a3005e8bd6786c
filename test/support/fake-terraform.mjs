#!/usr/bin/env node
/**
 * A Terraform that does what `scenario.json` in its directory says, for what the real one cannot be made to do.
 * Every signal that it gets is written to `signals.log`.
 *
 * @typedef {{ print?: object, text?: string, stderr?: string, longLine?: number, lines?: number, spawn?: string[],
 *   raise?: NodeJS.Signals, exit?: number, hang?: true, untilFile?: string, state?: string, echo?: string[] }} Step
 * @typedef {{ version?: string, steps?: Step[], onTerm?: 'save' | 'ignore' }} Scenario
 */
import { spawn } from 'node:child_process';
import { appendFileSync, existsSync, readFileSync, watch, writeFileSync, writeSync } from 'node:fs';

/** @type {Scenario} */
const scenario = existsSync('scenario.json') ? JSON.parse(readFileSync('scenario.json', 'utf8')) : {};
const version = scenario.version ?? '1.11.4';

if (process.argv[2] === 'version') {
  const asJson = process.argv.includes('-json');
  process.stdout.write(asJson ? `{"terraform_version":"${version}"}\n` : `Terraform v${version}\n`);
  process.exit(0);
}

/** @param {object} message */
function print(message) {
  writeAll(`${JSON.stringify({ '@level': 'info', '@message': '', '@timestamp': 't', ...message })}\n`);
}

/** @param {string | Buffer} data */
function writeAll(data) {
  for (let rest = Buffer.from(data); rest.length > 0; ) rest = rest.subarray(writeSync(1, rest));
}

for (const signal of /** @type {const} */ (['SIGTERM', 'SIGINT', 'SIGHUP'])) {
  process.on(signal, () => {
    appendFileSync('signals.log', `${signal}\n`);
    print({ type: 'log', '@message': 'Interrupt received.' });
    if (scenario.onTerm === 'ignore') return;
    writeFileSync('terraform.tfstate', '{"version":4,"resources":[]}');
    process.exit(1);
  });
}

/** @param {string} path */
function fileAppears(path) {
  return /** @type {Promise<void>} */ (
    new Promise((resolve) => {
      const watcher = watch('.', () => {
        if (!existsSync(path)) return;
        watcher.close();
        resolve();
      });
      if (existsSync(path)) {
        watcher.close();
        resolve();
      }
    })
  );
}

for (const step of scenario.steps ?? []) {
  if (step.print) print(step.print);
  if (step.text !== undefined) writeAll(`${step.text}\n`);
  if (step.stderr !== undefined) writeSync(2, `${step.stderr}\n`);
  if (step.longLine !== undefined) {
    const piece = Buffer.alloc(1024 * 1024, 'x');
    for (let written = 0; written < step.longLine; written += piece.length) writeAll(piece);
    writeAll('\n');
  }
  for (let count = 0; count < (step.lines ?? 0); count += 1)
    print({ type: 'log', '@message': `line ${count}` });
  if (step.spawn) {
    const [file = 'true', ...args] = step.spawn;
    const child = spawn(file, args, { stdio: 'ignore' });
    print({ type: 'log', '@message': `spawned ${child.pid}` });
  }
  if (step.state !== undefined) writeFileSync('terraform.tfstate', step.state);
  // Variables of its environment, everywhere where a careless provider or provisioner could print them.
  for (const name of step.echo ?? []) {
    const said = `${name} is ${process.env[name]}`;
    writeAll(`${said}\n`);
    writeSync(2, `${said}\n`);
    print({ type: 'log', '@message': said });
    print({
      type: 'diagnostic',
      '@level': 'error',
      diagnostic: { severity: 'error', summary: said, detail: said },
    });
  }
  if (step.raise) process.kill(process.pid, step.raise);
  if (step.untilFile !== undefined) await fileAppears(step.untilFile);
  if (step.hang) await new Promise(() => setInterval(() => undefined, 60_000));
  if (step.exit !== undefined) process.exit(step.exit);
}
