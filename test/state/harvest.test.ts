import { constants } from 'node:fs';
import { access, mkdir, mkdtemp, open, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { NodeyardError } from '../../src/errors.js';
import { silentLog } from '../../src/log.js';
import { createHarvester, type Harvester, type HarvesterOptions } from '../../src/state/harvest.js';
import type { SaveResult } from '../../src/state/repository.js';
import type { Saved } from '../../src/state/saver.js';
import { bytesOf, stateText, stateWith, textOf } from './support/documents.js';
import { ManualWait } from './support/manual-wait.js';

let directory: string;
let statePath: string;
let goodPath: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'ny-harvest-'));
  statePath = join(directory, 'terraform.tfstate');
  goodPath = join(directory, 'state.good');
});
afterEach(() => rm(directory, { recursive: true, force: true }));

/** A repository that answers as the test says and tells when it is called. */
class FakeRepository {
  readonly saves: { readonly text: string; readonly sequence: number }[] = [];
  answer: (text: string) => SaveResult | Promise<SaveResult> = () => 'canonical';
  #called: () => void = () => {};

  readonly save = async (document: Uint8Array, sequence: number): Promise<SaveResult> => {
    this.saves.push({ text: textOf(document), sequence });
    this.#called();
    return this.answer(textOf(document));
  };

  async saved(count: number): Promise<void> {
    while (this.saves.length < count) {
      await new Promise<void>((resolve) => {
        this.#called = resolve;
      });
    }
  }
}

const a = stateText([{ name: 'a' }]);
const ab = stateText([{ name: 'a' }, { name: 'b' }]);

interface Harvest {
  readonly harvester: Harvester;
  readonly repository: FakeRepository;
  readonly time: ManualWait;
}
function harvest(overrides: Partial<HarvesterOptions> = {}): Harvest {
  const repository = new FakeRepository();
  const time = new ManualWait();
  const harvester = createHarvester({
    statePath,
    goodPath,
    save: repository.save,
    firstSequence: 1,
    log: silentLog,
    timing: { lookMs: [5, 20], retryMs: [50, 200], wait: time.wait },
    ...overrides,
  });
  return { harvester, repository, time };
}

describe('looking', () => {
  test('a finished resource is stored while the run goes on', async () => {
    const { harvester, repository } = harvest();
    await writeFile(statePath, a);
    harvester.touch();
    await repository.saved(1);
    expect(repository.saves).toEqual([{ text: a, sequence: 1 }]);
    expect(await harvester.finish()).toEqual({
      stored: true,
      result: 'canonical',
      document: Buffer.from(a),
      torn: false,
    });
  });

  test('a state that is rewritten only after the touch is seen by a later look', async () => {
    const { harvester, repository, time } = harvest({ initial: bytesOf(a) });
    await writeFile(statePath, a);
    harvester.touch();
    expect(await time.pass()).toBe(5);
    await writeFile(statePath, ab);
    expect(await time.pass()).toBe(20);
    await repository.saved(1);
    expect(repository.saves).toEqual([{ text: ab, sequence: 1 }]);
    await harvester.finish();
  });

  test('a touch in the middle of a pause begins the looks again', async () => {
    const { harvester, time } = harvest();
    harvester.touch();
    expect(await time.pass()).toBe(5);
    harvester.touch();
    expect(await time.pass()).toBe(5);
    expect(await time.pass()).toBe(20);
    await harvester.finish();
  });

  test('unchanged bytes are not stored again', async () => {
    const { harvester, repository, time } = harvest();
    await writeFile(statePath, a);
    for (let touches = 0; touches < 3; touches += 1) {
      harvester.touch();
      await time.pass();
      await time.pass();
    }
    await harvester.finish();
    expect(repository.saves).toHaveLength(1);
  });

  test('a torn state is looked at again, and until then the last whole one is kept', async () => {
    const { harvester, repository, time } = harvest();
    await writeFile(statePath, a);
    harvester.touch();
    await repository.saved(1);
    await writeFile(statePath, ab.slice(0, 100));
    expect(await time.pass()).toBe(5);
    expect(await time.pass()).toBe(20);
    expect(await readFile(goodPath, 'utf8')).toBe(a);
    await writeFile(statePath, ab);
    harvester.touch();
    await repository.saved(2);
    await harvester.finish();
    expect(await readFile(goodPath, 'utf8')).toBe(ab);
    expect(repository.saves.map((save) => save.text)).toEqual([a, ab]);
  });

  test('a state that stays torn gives the last whole one and says so', async () => {
    const { harvester, repository } = harvest();
    await writeFile(statePath, a);
    harvester.touch();
    await repository.saved(1);
    await writeFile(statePath, ab.slice(0, -20));
    expect(await harvester.finish()).toMatchObject({ stored: true, document: Buffer.from(a), torn: true });
  });

  test('a writer that truncates and writes in small pieces never makes a half document stored', async () => {
    const repository = new FakeRepository();
    const harvester = createHarvester({
      statePath,
      goodPath,
      save: repository.save,
      firstSequence: 1,
      log: silentLog,
    });
    const texts = Array.from({ length: 40 }, (_, index) =>
      stateText(Array.from({ length: index + 1 }, (_unused, name) => ({ name: `r${name}` }))),
    );
    for (const text of texts) {
      const file = await open(statePath, 'w');
      for (let at = 0; at < text.length; at += 700) {
        await file.write(text.slice(at, at + 700));
        harvester.touch();
      }
      await file.close();
    }
    const { stored, document } = await harvester.finish();
    expect([stored, textOf(document)]).toEqual([true, texts.at(-1)]);
    expect(repository.saves.filter((save) => !texts.includes(save.text))).toEqual([]);
  });

  test('a run that never wrote a state has nothing left to store', async () => {
    const { harvester, repository } = harvest();
    expect(await harvester.finish()).toEqual({ stored: true, torn: false });
    expect(repository.saves).toEqual([]);
  });

  test('a run that changed nothing stores nothing', async () => {
    const { harvester, repository } = harvest({ initial: bytesOf(a) });
    await writeFile(statePath, a);
    harvester.touch();
    expect(await harvester.finish()).toEqual({ stored: true, document: bytesOf(a), torn: false });
    expect(repository.saves).toEqual([]);
  });

  test('after the end a touch changes nothing', async () => {
    const { harvester, repository } = harvest();
    await harvester.finish();
    await writeFile(statePath, a);
    harvester.touch();
    expect(await harvester.finish()).toEqual({ stored: true, torn: false });
    expect(repository.saves).toEqual([]);
  });

  test('where no copy can be kept the state is stored all the same', async () => {
    const { harvester, repository } = harvest({ goodPath: join(directory, 'missing', 'state.good') });
    await writeFile(statePath, a);
    expect(await harvester.finish()).toMatchObject({ stored: true });
    expect(repository.saves).toHaveLength(1);
  });

  test('a copy that cannot be renewed is removed, so that it is never taken for the newest', async () => {
    const { harvester } = harvest();
    await writeFile(goodPath, a);
    await mkdir(`${goodPath}.part`);
    await writeFile(statePath, ab);
    await harvester.finish();
    await expect(access(goodPath, constants.F_OK)).rejects.toThrow(/ENOENT/);
  });
});

describe('storing', () => {
  test.each([
    ['REDIS_UNAVAILABLE', () => new NodeyardError('REDIS_UNAVAILABLE', 'away')],
    [
      'a connection error that nobody translated',
      () => Object.assign(new Error('x'), { code: 'ECONNRESET' }),
    ],
  ])('with %s the newest document is tried again until it is stored', async (_name, failure) => {
    const time = new ManualWait();
    const { harvester, repository } = harvest({
      timing: { lookMs: [], retryMs: [50, 200], wait: time.wait },
    });
    let away = true;
    repository.answer = () => {
      if (away) throw failure();
      return 'canonical';
    };
    await writeFile(statePath, a);
    harvester.touch();
    expect(await time.pass()).toBe(50);
    await writeFile(statePath, ab);
    harvester.touch();
    expect(await time.pass()).toBe(200);
    expect(await time.pass()).toBe(200);
    away = false;
    const finished = harvester.finish();
    await time.pass();
    expect(await finished).toMatchObject({ stored: true, document: Buffer.from(ab) });
    expect(repository.saves.at(-1)).toEqual({ text: ab, sequence: 2 });
  });

  test('a repository that refuses for good is not asked again, and the directory keeps the state', async () => {
    const { harvester, repository } = harvest();
    repository.answer = () => {
      throw new NodeyardError('LEASE_LOST', 'not yours');
    };
    await writeFile(statePath, a);
    expect(await harvester.finish()).toEqual({ stored: false, document: Buffer.from(a), torn: false });
    expect(repository.saves).toHaveLength(1);
    expect(await readFile(goodPath, 'utf8')).toBe(a);
  });

  test('at the signal the end stops waiting and nothing more is tried', async () => {
    const { harvester, repository } = harvest({ timing: { lookMs: [], retryMs: [60_000] } });
    repository.answer = () => {
      throw new NodeyardError('REDIS_UNAVAILABLE', 'away');
    };
    await writeFile(statePath, a);
    const giveUp = new AbortController();
    const finished = harvester.finish(giveUp.signal);
    await repository.saved(1);
    giveUp.abort();
    expect(await finished).toEqual({ stored: false, document: Buffer.from(a), torn: false });
    expect(repository.saves).toHaveLength(1);
  });

  test('a save that never answers does not hold the end up beyond the signal', async () => {
    const { harvester, repository } = harvest();
    repository.answer = () => new Promise(() => {});
    await writeFile(statePath, a);
    const finished = harvester.finish(AbortSignal.abort());
    expect(await finished).toMatchObject({ stored: false, document: Buffer.from(a) });
  });

  test('where the document went is told', async () => {
    const saved: Saved[] = [];
    const { harvester, repository } = harvest({ onSaved: (one) => saved.push(one), firstSequence: 7 });
    repository.answer = () => 'quarantined';
    await writeFile(statePath, a);
    expect(await harvester.finish()).toMatchObject({ stored: true, result: 'quarantined' });
    expect(saved).toEqual([{ document: Buffer.from(a), sequence: 7, result: 'quarantined' }]);
  });

  test('a superseded document is not stored: the repository has not kept it', async () => {
    const { harvester, repository } = harvest();
    repository.answer = () => 'superseded';
    await writeFile(statePath, a);
    expect(await harvester.finish()).toMatchObject({ stored: false, result: 'superseded' });
  });

  test('a listener that throws does not stop the harvest', async () => {
    const { harvester } = harvest({
      onSaved: () => {
        throw new Error('listener');
      },
    });
    await writeFile(statePath, stateWith('a'));
    expect(await harvester.finish()).toMatchObject({ stored: true });
  });
});
