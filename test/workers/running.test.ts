import { beforeEach, describe, expect, test } from 'vitest';
import type { StopReason } from '../../src/operations/session.js';
import { RunningOperations } from '../../workers/running.js';

let running: RunningOperations;
let stops: StopReason[];
beforeEach(() => {
  running = new RunningOperations();
  stops = [];
});
const target = { stop: (reason: StopReason) => void stops.push(reason) };

/** Work that ends when the test says so. */
function begin(nodeId: string, { early = true } = {}) {
  let end = (): void => {};
  let start = (): void => {};
  const done = running.run(nodeId, 'create', async (started) => {
    start = () => started(target);
    if (early) start();
    await new Promise<void>((resolve) => {
      end = resolve;
    });
    return 'result';
  });
  return { done, end: () => end(), start: () => start() };
}

describe('an operation at work here', () => {
  test('is found until it has ended, and hands on its result', async () => {
    const { done, end } = begin('n1');
    const found = running.find('n1');
    expect(found?.operation).toBe('create');
    expect(running.find('n2')).toBeUndefined();
    end();
    await found?.ended;
    expect(running.find('n1')).toBeUndefined();
    await expect(done).resolves.toBe('result');
  });

  test('has ended also when it throws', async () => {
    const done = running.run('n1', 'destroy', async () => {
      throw new Error('broken');
    });
    const found = running.find('n1');
    await expect(done).rejects.toThrow('broken');
    await found?.ended;
    expect(running.size).toBe(0);
  });

  test('is stopped, and no other', async () => {
    const { done, end } = begin('n1');
    running.stop('n2', 'cancelled');
    expect(stops).toEqual([]);
    running.stop('n1', 'cancelled');
    expect(stops).toEqual(['cancelled']);
    end();
    await done;
  });

  test('that has no lease yet is stopped as soon as it has one, for the first reason', async () => {
    const { done, end, start } = begin('n1', { early: false });
    running.stop('n1', 'cancelled');
    running.stop('n1', 'shutdown');
    expect(stops).toEqual([]);
    start();
    expect(stops).toEqual(['cancelled']);
    end();
    await done;
  });

  test('is the only one of its node: a second one is a fault of the caller', async () => {
    const { done, end } = begin('n1');
    await expect(running.run('n1', 'destroy', async () => 'twice')).rejects.toThrow('n1');
    expect(running.find('n1')?.operation).toBe('create');
    end();
    await done;
  });
});

describe('a shutdown', () => {
  test('stops all, and also what begins later', async () => {
    const first = begin('n1');
    running.stopAll('shutdown');
    const later = begin('n2');
    expect(stops).toEqual(['shutdown', 'shutdown']);
    first.end();
    later.end();
    await Promise.all([first.done, later.done]);
  });

  test('is idle only when everything has ended, also what began while it waited', async () => {
    const first = begin('n1');
    let idle = false;
    const waited = running.idle().then(() => {
      idle = true;
    });
    const later = begin('n2');
    first.end();
    await first.done;
    expect(idle).toBe(false);
    later.end();
    await later.done;
    await waited;
    expect(idle).toBe(true);
  });
});
