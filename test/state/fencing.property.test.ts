/** Writers of different epochs, interleaved in every way: the newest run’s newest state is canonical, nothing is lost. */
import fc from 'fast-check';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createRedisStateRepository } from '../../src/state/redis-repository.js';
import type { SaveResult, StateRepository } from '../../src/state/repository.js';
import { bytesOf, stateText, textOf } from './support/documents.js';
import { openRepositoryLab, type RepositoryLab } from './support/repository.js';

let lab: RepositoryLab;
let second: Redis;
let writers: readonly StateRepository[];
beforeAll(async () => {
  lab = await openRepositoryLab();
  second = new Redis(lab.server.socket);
  const keptVersions = 1_000;
  writers = [lab.redis, second].map((redis) => createRedisStateRepository({ redis, keptVersions }));
});
afterAll(async () => {
  second.disconnect();
  await lab.close();
});

interface Save {
  readonly epoch: number;
  readonly sequence: number;
  readonly result: SaveResult;
}
type Step = 'begin' | { readonly epoch: number; readonly sequence: number };

/** Epochs are begun one after the other; saves may name any epoch that has begun, in any order of their sequences. */
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 1, arbitrary: fc.constant<Step>('begin') },
  { weight: 4, arbitrary: fc.record({ epoch: fc.nat(3), sequence: fc.integer({ min: 1, max: 6 }) }) },
);
const documentOf = (epoch: number, sequence: number): string =>
  stateText([{ name: `e${epoch}` }], { serial: sequence });

let run = 0;
/** `together` steps are sent at once over two connections; 1 means one after the other. */
async function play(steps: readonly Step[], together: number): Promise<void> {
  run += 1;
  const id = `n${run}`;
  let current = 1;
  await lab.node(id, { epoch: current });
  const saves: Save[] = [];
  for (let at = 0; at < steps.length; at += together) {
    await Promise.all(
      steps.slice(at, at + together).map(async (one, index) => {
        if (one === 'begin') {
          current += 1;
          return lab.node(id, { epoch: current });
        }
        const { sequence } = one;
        const epoch = Math.max(1, current - one.epoch);
        const document = bytesOf(documentOf(epoch, sequence));
        const writer = writers[index % 2] as StateRepository;
        saves.push({ epoch, sequence, result: await writer.save(id, { epoch, sequence, document }) });
        return undefined;
      }),
    );
  }
  await check(id, saves);
}

async function check(id: string, saves: readonly Save[]): Promise<void> {
  const [repository] = writers as readonly [StateRepository];
  const newestOf = (chosen: readonly Save[]): number => Math.max(...chosen.map((save) => save.sequence));
  const canonical = saves.filter((save) => save.result === 'canonical');
  const newestEpoch = Math.max(0, ...canonical.map((save) => save.epoch));
  const loaded = await repository.load(id);
  expect(loaded?.epoch ?? 0).toBe(newestEpoch);
  for (const epoch of new Set(saves.map((save) => save.epoch))) {
    const own = saves.filter((save) => save.epoch === epoch);
    const accepted = own.filter((save) => save.result === 'canonical');
    const quarantined = own.filter((save) => save.result === 'quarantined');
    if (accepted.length > 0) {
      const kept = epoch === newestEpoch ? loaded : await repository.loadVersion(id, epoch);
      expect(textOf(kept?.document)).toBe(documentOf(epoch, newestOf(accepted)));
    }
    if (quarantined.length > 0) {
      const kept = await repository.loadQuarantined(id, epoch);
      expect(textOf(kept?.document)).toBe(documentOf(epoch, newestOf(quarantined)));
    }
    // Superseded means that a newer document of the very same run is kept.
    for (const { sequence } of own.filter((save) => save.result === 'superseded')) {
      expect(newestOf([...accepted, ...quarantined])).toBeGreaterThan(sequence);
    }
  }
  const listed = (await repository.quarantined(id)).map((state) => state.epoch);
  const stale = saves.filter((save) => save.result === 'quarantined').map((save) => save.epoch);
  expect(listed).toEqual([...new Set(stale)].sort((a, b) => a - b));
}

test.each([1, 4])('with %d saves at a time', async (together) => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 30 }), (steps) => play(steps, together)),
    { numRuns: 60 },
  );
});
