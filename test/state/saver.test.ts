import { expect, test } from 'vitest';
import { silentLog } from '../../src/log.js';
import type { SaveResult } from '../../src/state/repository.js';
import { Saver } from '../../src/state/saver.js';
import { stateWith } from './support/documents.js';
import { ManualWait } from './support/manual-wait.js';

const documents = [stateWith('a'), stateWith('a', 'b'), stateWith('a', 'b', 'c'), stateWith('d')];
const [first, second, third, fourth] = documents as [Uint8Array, Uint8Array, Uint8Array, Uint8Array];

interface Save {
  readonly document: Uint8Array;
  readonly sequence: number;
  readonly answer: (result: SaveResult) => void;
  readonly fail: (error: Error) => void;
}
function open(): { readonly saver: Saver; readonly saves: Save[]; readonly time: ManualWait } {
  const saves: Save[] = [];
  const time = new ManualWait();
  const saver = new Saver({
    save: (document, sequence) =>
      new Promise((answer, fail) => {
        saves.push({ document, sequence, answer, fail });
      }),
    firstSequence: 10,
    retryMs: [50],
    wait: time.wait,
    log: silentLog,
  });
  return { saver, saves, time };
}

test('one save is in flight, the newest document follows, those between are passed over', async () => {
  const { saver, saves } = open();
  for (const document of [first, second, third]) saver.put(document);
  expect(saves.map(({ document }) => document)).toEqual([first]);
  saves[0]?.answer('canonical');
  const settled = saver.settled();
  await expect.poll(() => saves.length).toBe(2);
  saver.put(fourth);
  saves[1]?.answer('canonical');
  await expect.poll(() => saves.length).toBe(3);
  saves[2]?.answer('canonical');
  await settled;
  expect(saves.map(({ document, sequence }) => [document, sequence])).toEqual([
    [first, 10],
    [third, 12],
    [fourth, 13],
  ]);
  expect(saver.saved).toEqual({ document: fourth, sequence: 13, result: 'canonical' });
});

test('what comes during an outage replaces what waits, so that memory does not grow', async () => {
  const { saver, saves, time } = open();
  saver.put(first);
  saves[0]?.fail(new Error('away'));
  for (let count = 0; count < 1_000; count += 1) saver.put(second);
  saver.put(third);
  await time.pass();
  await expect.poll(() => saves.length).toBe(2);
  expect(saves[1]).toMatchObject({ document: third, sequence: 1_011 });
  saves[1]?.answer('canonical');
  await saver.settled();
  expect(saves).toHaveLength(2);
});

test('without anything to save it is settled at once', async () => {
  const { saver, saves } = open();
  await saver.settled();
  expect([saver.saved, saves]).toEqual([undefined, []]);
});

test('after giving up, an answer that comes late begins no further save', async () => {
  const { saver, saves } = open();
  saver.put(first);
  saver.put(second);
  await saver.settled(AbortSignal.abort());
  saves[0]?.answer('canonical');
  await expect.poll(() => saver.saved?.document).toEqual(first);
  saver.put(third);
  expect(saves).toHaveLength(1);
});
