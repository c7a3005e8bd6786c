import { readdirSync, renameSync, rmSync, symlinkSync, utimesSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { finishedMachine, type Machine } from './machine.js';

let machine: Machine;
beforeEach(() => {
  machine = finishedMachine();
});
afterEach(() => machine.destroy());

/** As if it had been written a minute from now. */
const touchLater = (path: string): void => {
  const later = new Date(Date.now() + 60_000);
  utimesSync(join(machine.clone, path), later, later);
};

it('a machine that has everything is left alone, without a word', async () => {
  expect(await machine.setup()).toEqual({ status: 0, lines: [], stdout: '' });
  expect(machine.calls()).toEqual([]);
});

describe('Node', () => {
  it('that is too old is named', async () => {
    machine.remove('node');
    machine.program('node', 'if [ "$1" = --version ]; then echo v18.20.4; else exit 1; fi');
    const { status, lines } = await machine.setup();
    expect(status).toBe(1);
    expect(lines).toEqual([
      'setup: nodeyard needs Node.js 20.19 or newer; this one is v18.20.4.',
      'Install Node.js 20.19 or newer: https://nodejs.org/en/download',
    ]);
  });

  it('that is missing is named', async () => {
    machine.remove('node');
    const { status, lines } = await machine.setup();
    expect(status).toBe(1);
    expect(lines[0]).toContain('there is no node on the PATH');
  });
});

describe('the dependencies', () => {
  it('are installed once when they are older than the lock file', async () => {
    touchLater('package-lock.json');
    machine.program('npm', 'cp -p package-lock.json node_modules/.package-lock.json');
    machine.real('cp');
    expect(await machine.setup()).toMatchObject({ status: 0, stdout: '' });
    await machine.setup();
    expect(machine.calls().filter((call) => call.startsWith('npm'))).toEqual([
      'npm ci --no-audit --no-fund --loglevel=error',
    ]);
  });

  it('that cannot be installed end in the line to run by hand', async () => {
    touchLater('package-lock.json');
    machine.program('npm', 'exit 1');
    const { status, lines } = await machine.setup();
    expect(status).toBe(1);
    expect(lines.at(-1)).toBe('npm ci');
  });

  describe('that are a symbolic link', () => {
    const shared = () => join(machine.clone, '..', 'shared');
    beforeEach(() => {
      renameSync(join(machine.clone, 'node_modules'), shared());
      symlinkSync('../shared', join(machine.clone, 'node_modules'));
      machine.program('npm', 'for file in node_modules/* node_modules/.[!.]*; do rm -rf "$file"; done');
    });

    it('are never installed: what the link leads to would be emptied', async () => {
      touchLater('package-lock.json');
      const { status, lines } = await machine.setup();
      expect(status).toBe(1);
      expect(lines[0]).toContain('node_modules is a symbolic link');
      expect(lines.at(-1)).toBe('rm node_modules && npm ci');
      expect(machine.calls()).toEqual([]);
      expect(readdirSync(shared())).not.toEqual([]);
    });

    it('are never installed where the link leads nowhere', async () => {
      rmSync(shared(), { recursive: true });
      const { status, lines } = await machine.setup();
      expect([status, lines.at(-1)]).toEqual([1, 'rm node_modules && npm ci']);
      expect(machine.calls()).toEqual([]);
    });

    it('are good where they fit the lock file', async () => {
      expect(await machine.setup()).toEqual({ status: 0, lines: [], stdout: '' });
    });
  });
});

describe('Redis', () => {
  const installs = (name = 'redis-server'): string =>
    `case "$*" in *install*) printf '#!/bin/bash\\n' >"$BIN/${name}"; chmod +x "$BIN/${name}";; esac`;
  beforeEach(() => machine.remove('redis-server'));

  it('a valkey-server is as good', async () => {
    machine.program('valkey-server');
    machine.program('apt-get');
    expect(await machine.setup()).toMatchObject({ status: 0, lines: [] });
    expect(machine.calls()).toEqual([]);
  });

  it('comes on Debian without a question and without leaving a service that runs', async () => {
    machine.program('apt-get', installs());
    machine.program('systemctl');
    expect(await machine.setup()).toMatchObject({
      status: 0,
      lines: ['setup: installing redis-server (apt-get)'],
    });
    expect(machine.calls().filter((call) => !call.startsWith('id'))).toEqual([
      'systemctl --quiet mask redis-server.service',
      'apt-get install -y -qq --no-install-recommends redis-server',
      'systemctl --quiet unmask redis-server.service',
      'systemctl --quiet disable redis-server.service',
    ]);
  });

  it('is stopped and disabled on a Debian without systemd', async () => {
    machine.program('apt-get', installs());
    machine.program('invoke-rc.d');
    machine.program('update-rc.d');
    expect((await machine.setup()).status).toBe(0);
    expect(machine.calls()).toContain('invoke-rc.d redis-server stop');
    expect(machine.calls()).toContain('update-rc.d redis-server disable');
  });

  it('is tried again with fresh package lists, which a bare Debian does not have', async () => {
    machine.program(
      'apt-get',
      `if [ "$1" = update ]; then touch "$BIN/lists"; exit; fi\n[ -e "$BIN/lists" ] || exit 100\n${installs()}`,
    );
    expect((await machine.setup()).status).toBe(0);
    expect(
      machine
        .calls()
        .filter((call) => call.startsWith('apt-get'))
        .map((call) => call.split(' ')[1]),
    ).toEqual(['install', 'update', 'install']);
  });

  it('is unmasked again when its installation failed', async () => {
    machine.program('apt-get', 'exit 100');
    machine.program('systemctl');
    const { status, lines } = await machine.setup();
    expect(status).toBe(1);
    expect(lines.at(-1)).toBe('sudo apt-get update && sudo apt-get install -y redis-server');
    const services = machine.calls().filter((call) => call.startsWith('systemctl'));
    expect(services).toEqual([
      'systemctl --quiet mask redis-server.service',
      'systemctl --quiet unmask redis-server.service',
      'systemctl --quiet mask valkey-server.service',
      'systemctl --quiet unmask valkey-server.service',
    ]);
  });

  it.each([
    ['dnf', 'dnf install -y redis'],
    ['yum', 'yum install -y redis'],
    ['apk', 'apk add redis'],
    ['pacman', 'pacman -S --noconfirm valkey'],
    ['zypper', 'zypper --non-interactive install redis'],
    ['brew', 'brew install redis'],
  ])('comes through %s', async (manager, call) => {
    machine.program(manager, `printf '#!/bin/bash\\n' >"$BIN/redis-server"; chmod +x "$BIN/redis-server"`);
    expect((await machine.setup()).status).toBe(0);
    expect(machine.calls()).toContain(call);
  });

  it('the other package is tried where the first does not exist', async () => {
    machine.program('dnf', `[ "$3" = valkey ] || exit 1\n${installs('valkey-server')}`);
    expect((await machine.setup()).status).toBe(0);
    expect(machine.calls()).toContain('dnf install -y valkey');
  });

  it('comes through sudo where that does not ask', async () => {
    machine.program('id', 'echo 1000');
    machine.program('sudo', 'shift; "$@"');
    machine.program('dnf', installs());
    expect((await machine.setup()).status).toBe(0);
    expect(machine.calls()).toContain('sudo -n dnf install -y redis');
  });

  it.each([
    ['apt-get', 'sudo apt-get update && sudo apt-get install -y redis-server'],
    ['dnf', 'sudo dnf install -y redis'],
    ['apk', 'sudo apk add redis'],
    ['pacman', 'sudo pacman -S --noconfirm valkey'],
    ['zypper', 'sudo zypper --non-interactive install redis'],
  ])('without root nothing is tried and the last line is what to run: %s', async (manager, byHand) => {
    machine.program('id', 'echo 1000');
    machine.program('sudo', 'exit 1');
    machine.program(manager);
    const { status, lines } = await machine.setup();
    expect(status).toBe(1);
    expect(lines.at(-1)).toBe(byHand);
    expect(machine.calls()).not.toContainEqual(expect.stringMatching(new RegExp(`^${manager}`)));
  });

  it('Homebrew is never run as root by way of sudo', async () => {
    machine.program('id', 'echo 1000');
    machine.program('sudo', 'shift; "$@"');
    machine.program('brew', installs());
    expect((await machine.setup()).status).toBe(0);
    expect(machine.calls()).not.toContainEqual(expect.stringMatching(/^sudo/));
  });

  it('without a package manager the last line says where it is from', async () => {
    const { status, lines } = await machine.setup();
    expect(status).toBe(1);
    expect(lines.at(-1)).toMatch(/^Install Redis .* or Valkey: https:/);
  });
});

describe('the build', () => {
  it.each(['src/a.ts', 'stacks/b.ts', 'workers/c.ts', 'tsconfig.json', 'package-lock.json'])(
    'is made again when %s is newer',
    async (path) => {
      touchLater(path);
      touchLater('node_modules/.package-lock.json');
      expect(await machine.setup()).toMatchObject({
        status: 0,
        lines: ['setup: building (tsc)'],
        stdout: '',
      });
      expect(machine.calls()).toEqual(['tsc -p tsconfig.build.json']);
    },
  );

  it('is made anew when its entry is missing, whatever the compiler remembers', async () => {
    machine.write('dist/.tsbuildinfo', 'remembered');
    rmSync(join(machine.clone, 'dist/src/cli/main.js'));
    expect((await machine.setup()).status).toBe(0);
    expect(machine.has('dist/.tsbuildinfo')).toBe(false);
    expect(await machine.setup()).toMatchObject({ status: 0, lines: [] });
  });

  it('that failed is tried again the next time', async () => {
    touchLater('src/a.ts');
    machine.program('tsc', 'exit 2');
    const { status, lines } = await machine.setup();
    expect(status).toBe(1);
    expect(lines.at(-1)).toBe('npm run build');
    await machine.setup();
    expect(machine.calls()).toHaveLength(2);
  });
});
