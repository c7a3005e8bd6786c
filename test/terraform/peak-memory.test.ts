import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { afterEach, expect, test } from 'vitest';
import { PeakMemory } from '../../src/terraform/peak-memory.js';

const ends: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0)) await end();
});

const MIB = 1024 ** 2;
/** Fills so much memory and lets go of it again before it says that it is ready. */
const NEEDS = (mib: number): string =>
  `let held = Buffer.alloc(${mib} * 1024 * 1024, 1); held = null; gc(); console.log('ready'); setInterval(() => {}, 1000);`;

/** A shell as the guard is one, with a process below it for each size. */
async function guardWith(...sizes: number[]): Promise<number> {
  const each = sizes.map((_, i) => `"$0" --expose-gc -e "$${i + 1}" &`).join('\n');
  const child = spawn('/bin/sh', ['-c', `${each}\nwait`, process.execPath, ...sizes.map(NEEDS)], {
    stdio: ['ignore', 'pipe', 'inherit'],
    detached: true,
  });
  ends.push(async () => {
    const exited = once(child, 'exit');
    process.kill(-(child.pid ?? 0), 'SIGKILL');
    await exited;
  });
  let ready = 0;
  for await (const _ of createInterface({ input: child.stdout })) {
    ready += 1;
    if (ready === sizes.length) break;
  }
  return child.pid ?? 0;
}

const onLinux = test.skipIf(process.platform !== 'linux');

onLinux('the peak is of all processes together, also what they gave back before the look', async () => {
  const guard = await guardWith(200, 300);
  const memory = new PeakMemory(guard);
  memory.look();
  memory.end();
  expect(memory.bytes).toBeGreaterThan(500 * MIB);
  expect(memory.bytes).toBeLessThan(1_000 * MIB);
});

onLinux('what was seen once stays when the processes have ended', async () => {
  const guard = await guardWith(100);
  const memory = new PeakMemory(guard);
  memory.look();
  const { bytes } = memory;
  await ends.pop()?.();
  memory.look();
  memory.end();
  expect(memory.bytes).toBe(bytes);
});

test('of a run that could not be looked at nothing is said', () => {
  for (const guard of [undefined, 2 ** 30]) {
    const memory = new PeakMemory(guard);
    memory.look();
    memory.end();
    expect(memory.bytes).toBeUndefined();
  }
});
