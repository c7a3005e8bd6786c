import { describe, expect, test } from 'vitest';
import { AccountBrake } from '../../src/operations/brake.js';

function running(brake: AccountBrake, key: string, count: number): void {
  for (let run = 0; run < count; run += 1) brake.started(key);
}
/** How many more may start. */
function room(brake: AccountBrake, key: string): number {
  let count = 0;
  while (count < 100 && brake.mayStart(key)) {
    brake.started(key);
    count += 1;
  }
  for (let run = 0; run < count; run += 1) brake.ended(key, 'other');
  return count;
}

describe('the brake of an account', () => {
  test('is off until the cloud asks for patience', () => {
    const brake = new AccountBrake(16);
    running(brake, 'eu', 50);
    expect(brake.mayStart('eu')).toBe(true);
    expect(brake.engaged).toBe(false);
  });

  test('halves what may run at each throttled answer, down to one', () => {
    const brake = new AccountBrake(16);
    running(brake, 'eu', 8);
    brake.ended('eu', 'throttled');
    expect(brake.engaged).toBe(true);
    for (let run = 0; run < 7; run += 1) brake.ended('eu', 'other');
    expect(room(brake, 'eu')).toBe(4);
    for (let more = 0; more < 5; more += 1) {
      brake.started('eu');
      brake.ended('eu', 'throttled');
    }
    expect(room(brake, 'eu')).toBe(1);
  });

  test('touches no other account', () => {
    const brake = new AccountBrake(16);
    running(brake, 'eu', 2);
    brake.ended('eu', 'throttled');
    expect(room(brake, 'us')).toBe(100);
  });

  test('lets more in as runs succeed', () => {
    const brake = new AccountBrake(16);
    brake.started('eu');
    brake.ended('eu', 'throttled');
    expect(room(brake, 'eu')).toBe(1);
    for (let run = 0; run < 3; run += 1) {
      brake.started('eu');
      brake.ended('eu', 'succeeded');
    }
    expect(room(brake, 'eu')).toBe(2);
  });

  test('failures of other kinds neither brake nor release', () => {
    const brake = new AccountBrake(16);
    brake.started('eu');
    brake.ended('eu', 'throttled');
    for (let run = 0; run < 20; run += 1) {
      brake.started('eu');
      brake.ended('eu', 'other');
    }
    expect(room(brake, 'eu')).toBe(1);
  });

  test('is off again when an account has as much room as the worker can use', () => {
    const brake = new AccountBrake(3);
    brake.started('eu');
    brake.ended('eu', 'throttled');
    for (let run = 0; run < 6; run += 1) {
      brake.started('eu');
      brake.ended('eu', 'succeeded');
    }
    expect(brake.engaged).toBe(false);
  });

  test('remembers no account that is free and idle', () => {
    const brake = new AccountBrake(16);
    brake.started('eu');
    brake.ended('eu', 'succeeded');
    brake.ended('eu', 'succeeded');
    expect(brake.engaged).toBe(false);
    expect(brake.mayStart('eu')).toBe(true);
  });
});
