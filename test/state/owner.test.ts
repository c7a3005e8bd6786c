import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { expect, test } from 'vitest';
import { currentOwner, isAlive, ownerOf, type ProcessOwner, portableTable } from '../../src/state/owner.js';

test('this process is alive', () => {
  expect(isAlive(currentOwner())).toBe('alive');
});

test('a process that has ended is dead', async () => {
  const child = spawn('sleep', ['60']);
  await once(child, 'spawn');
  const owner = ownerOf(child.pid ?? 0) as ProcessOwner;
  expect(isAlive(owner)).toBe('alive');
  child.kill('SIGKILL');
  await once(child, 'exit');
  expect(isAlive(owner)).toBe('dead');
});

test('a pid that another process has taken over is dead', () => {
  const owner = currentOwner();
  expect(isAlive({ ...owner, startedAt: `${owner.startedAt}0` })).toBe('dead');
});

test('a process of an earlier boot is dead, though its pid and start time exist again', () => {
  expect(isAlive({ ...currentOwner(), boot: '00000000-0000-0000-0000-000000000000' })).toBe('dead');
});

test('of a process on another host nothing is known', () => {
  expect(isAlive({ ...currentOwner(), host: 'other.example' })).toBe('elsewhere');
});

test.runIf(process.platform === 'linux')('a zombie, which its parent never buried, is dead', async () => {
  // The shell becomes a sleep, which does not know that it has a child.
  const parent = spawn('sh', ['-c', 'sleep 60 & echo $!; exec sleep 60'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  try {
    const [line] = (await once(createInterface({ input: parent.stdout }), 'line')) as [string];
    const zombie = Number(line);
    await expect.poll(() => readFile(`/proc/${parent.pid}/comm`, 'utf8')).toBe('sleep\n');
    expect(ownerOf(zombie)).toBeDefined();
    process.kill(zombie, 'SIGKILL');
    await expect.poll(() => readFile(`/proc/${zombie}/stat`, 'utf8')).toContain(' Z ');
    expect(ownerOf(zombie)).toBeUndefined();
  } finally {
    parent.kill('SIGKILL');
    await once(parent, 'exit');
  }
});

test('a command name with parentheses and blanks does not shift the start time', async () => {
  const child = spawn('sh', ['-c', 'printf ") Z 1 (" > /proc/self/comm; echo; read wait'], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  await once(createInterface({ input: child.stdout }), 'line');
  const owner = ownerOf(child.pid ?? 0) as ProcessOwner;
  expect(Number(owner.startedAt)).toBeGreaterThanOrEqual(Number(currentOwner().startedAt));
  child.kill('SIGKILL');
  await once(child, 'exit');
});

test('without /proc a living process is alive and an ended one dead', async () => {
  const table = portableTable();
  const child = spawn('sleep', ['60']);
  await once(child, 'spawn');
  const owner = ownerOf(child.pid ?? 0, table) as ProcessOwner;
  expect(isAlive(owner, table)).toBe('alive');
  child.kill('SIGKILL');
  await once(child, 'exit');
  expect(isAlive(owner, table)).toBe('dead');
});

test('without /proc the start times of ps tell a reused pid', () => {
  const owner = { ...currentOwner(portableTable(() => 'Mon Jan  1 10:00:00 2035')), pid: 77 };
  expect(
    isAlive(
      owner,
      portableTable(() => 'Mon Jan  1 10:00:00 2035'),
    ),
  ).toBe('alive');
  expect(
    isAlive(
      owner,
      portableTable(() => 'Mon Jan  1 11:30:00 2035'),
    ),
  ).toBe('dead');
  expect(
    isAlive(
      owner,
      portableTable(() => undefined),
    ),
  ).toBe('dead');
});
