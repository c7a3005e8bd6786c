/**
 * A machine for set-up to work on: a clone of its own with finished dependencies and build, and a PATH that holds only
 * what a test puts there. Programs are small shell scripts which note how they were called.
 */
import {
  accessSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';

const REPOSITORY = fileURLToPath(new URL('../../', import.meta.url));
const BASICS = 'bash sh env dirname uname mktemp mkdir mv rm cat chmod find touch id ln'.split(' ');

export interface Outcome {
  readonly status: number;
  /** Of stderr, where set-up speaks. */
  readonly lines: readonly string[];
  readonly stdout: string;
}

export interface Machine {
  readonly clone: string;
  /** Adds a program; its body is shell and finds the directory of programs in `$BIN`. */
  program(name: string, body?: string): void;
  remove(name: string): void;
  /** Makes a program of the real machine available. */
  real(name: string): void;
  write(path: string, content: string): void;
  has(path: string): boolean;
  read(path: string): string;
  /** How the programs were called, in order: name and arguments. */
  calls(): string[];
  setup(env?: Readonly<Record<string, string>>): Promise<Outcome>;
  /** Runs a script of the clone. */
  run(script: string, args?: readonly string[], env?: Readonly<Record<string, string>>): Promise<Outcome>;
  destroy(): void;
}

/** With Node, npm, a Redis server and Terraform, all dependencies and a fresh build: nothing is left to do. */
export function finishedMachine(): Machine {
  const root = mkdtempSync(join(tmpdir(), 'ny-setup-'));
  const [clone, bin, log] = [join(root, 'a clone'), join(root, 'bin'), join(root, 'calls')];
  mkdirSync(bin);
  const machine: Machine = {
    clone,
    program: (name, body = '') => {
      const note = `printf '%s\\n' "${name}\${*:+ $*}" >>"${log}"`;
      // A link to a real program is replaced, never written through.
      rmSync(join(bin, name), { force: true });
      writeFileSync(join(bin, name), `#!/bin/bash\nBIN="${bin}"\n${note}\n${body}\n`, {
        mode: 0o755,
        flag: 'wx',
      });
    },
    remove: (name) => rmSync(join(bin, name)),
    real: (name) => symlinkSync(pathOf(name), join(bin, name)),
    write: (path, content) => {
      mkdirSync(dirname(join(clone, path)), { recursive: true });
      writeFileSync(join(clone, path), content);
    },
    has: (path) => existsSync(join(clone, path)),
    read: (path) => readFileSync(join(clone, path), 'utf8'),
    calls: () => (existsSync(log) ? readFileSync(log, 'utf8').trimEnd().split('\n') : []),
    setup: (env) => machine.run('scripts/setup', [], env),
    run: async (script, args = [], env = {}) => {
      const result = await execa(join(clone, script), args, {
        env: { PATH: bin, HOME: root, ...env },
        extendEnv: false,
        reject: false,
        stdin: 'ignore',
      });
      const lines = result.stderr.split('\n').filter((line) => line !== '');
      return { status: result.exitCode ?? -1, lines, stdout: result.stdout };
    },
    destroy: () => rmSync(root, { recursive: true }),
  };
  for (const name of BASICS) machine.real(name);
  symlinkSync(process.execPath, join(bin, 'node'));
  for (const name of ['redis-server', 'terraform']) machine.program(name);
  machine.program('npm', 'mkdir -p node_modules && touch node_modules/.package-lock.json');
  machine.program('id', 'echo 0');
  finishClone(machine);
  return machine;
}

function finishClone(machine: Machine): void {
  for (const path of [
    'package-lock.json',
    'tsconfig.json',
    'tsconfig.build.json',
    'src/a.ts',
    'stacks/b.ts',
    'workers/c.ts',
  ]) {
    machine.write(path, '');
  }
  for (const part of ['scripts', '.ci', 'bin']) {
    cpSync(join(REPOSITORY, part), join(machine.clone, part), { recursive: true });
  }
  machine.write('node_modules/.package-lock.json', '');
  machine.write('node_modules/.bin/tsc', '');
  rmSync(join(machine.clone, 'node_modules/.bin/tsc'));
  machine.program('tsc', 'mkdir -p dist/src/cli && touch dist/src/cli/main.js');
  symlinkSync('../../../bin/tsc', join(machine.clone, 'node_modules/.bin/tsc'));
  machine.write('dist/src/cli/main.js', '');
  machine.write('dist/.built', '');
}

function pathOf(name: string): string {
  for (const directory of (process.env['PATH'] ?? '').split(delimiter)) {
    try {
      accessSync(join(directory, name));
      return join(directory, name);
    } catch {
      // The next directory may have it.
    }
  }
  throw new Error(`${name} is not on this machine’s PATH`);
}
