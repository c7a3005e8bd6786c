import { readFileSync } from 'node:fs';
import type { Command } from 'commander';
import { describe, expect, it } from 'vitest';
import { EXIT_STATUSES } from '../../src/cli/exit-status.js';
import { buildProgram } from '../../src/cli/program.js';
import { CommandLine, call } from './command-line.js';

const program = buildProgram(new CommandLine().io, async () => {});

/** `state ls`, with its command. */
function commandsBelow(parent: Command, path: readonly string[] = []): [name: string, command: Command][] {
  return parent.commands.flatMap((command): [string, Command][] => {
    const name = [...path, command.name()];
    return command.commands.length > 0 ? commandsBelow(command, name) : [[name.join(' '), command]];
  });
}
const commands = commandsBelow(program);
const guide = readFileSync(new URL('../../docs/cli.md', import.meta.url), 'utf8');

describe.each(commands)('nodeyard %s', (name, command) => {
  it('teaches with examples and exit statuses', async () => {
    const { status, stdout } = await call([...name.split(' '), '--help']);
    expect(status).toBe(0);
    expect(stdout).toMatch(/\nExamples:\n {2}\$ /);
    expect(stdout).toContain(`nodeyard ${name}`);
    expect(stdout).toMatch(/\nExit status:\n {2}0 {4}done\n {2}1 {4}failed/);
  });

  it('is in docs/cli.md with every option', () => {
    const section = guide.split(/^#{2,3} /m).find((part) => part.startsWith(`\`nodeyard ${name}`)) ?? '';
    expect(section).not.toBe('');
    for (const { long } of command.options) expect(section).toContain(`\`${long}`);
  });
});

describe('the documentation', () => {
  it('has the exit statuses of the code, and no others', () => {
    const rows = [...guide.matchAll(/^\| (\d+) +\| (.+?) +\|$/gm)].map(([, status, meaning]) => [
      Number(status),
      meaning,
    ]);
    expect(rows).toEqual(Object.values(EXIT_STATUSES).map(({ status, meaning }) => [status, meaning]));
  });

  it('has every option that all commands take', () => {
    for (const { long } of program.options) expect(guide).toContain(`\`${long}`);
  });
});

describe('nodeyard --version', () => {
  it('prints the version of the package', async () => {
    const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as {
      version: string;
    };
    expect(await call(['--version'])).toEqual({ status: 0, stdout: `${version}\n`, stderr: '' });
  });
});
