import { describe, expect, test } from 'vitest';
import { cpuSecondsSaid, runCommand, SHELL_LOOP } from '../../bench/plain-terraform.js';

const never = new AbortController().signal;
const command = (args: readonly string[], input = '') => ({
  file: 'bash',
  args,
  cwd: process.cwd(),
  env: process.env,
  input,
});

describe('the shell loop', () => {
  test('runs the command for every directory and says the processor time of all of them last', async () => {
    const script = 'echo "at $1" >&2; while (( n++ < 20000 )); do :; done';
    const said = await runCommand(
      command([SHELL_LOOP, '2', 'bash', '-c', script, 'bash', '{}'], '/a\n/b'),
      never,
    );
    expect(said.split('\n').slice(0, 2).sort()).toEqual(['at /a', 'at /b']);
    expect(cpuSecondsSaid(said)).toBeGreaterThan(0);
  });

  test('fails when one of its commands fails, with what it said', async () => {
    const loop = command([SHELL_LOOP, '1', 'sh', '-c', 'echo no luck >&2; exit 3'], '/a');
    await expect(runCommand(loop, never)).rejects.toThrow(/failed \(123\).*no luck/s);
  });
});

describe('a command', () => {
  test('is ended when the benchmark is interrupted', async () => {
    const interrupt = new AbortController();
    const sleeping = runCommand(
      { ...command(['-c', 'exec sleep 1000']), onStart: () => interrupt.abort() },
      interrupt.signal,
    );
    await expect(sleeping).rejects.toMatchObject({ name: 'AbortError' });
  });
});
