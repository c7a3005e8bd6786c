import { mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { openLocalInventory } from '../../stacks/local-node/inventory.js';

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'ny-place-'));
});
afterEach(() => rmSync(root, { recursive: true }));

const idFile = (): string => join(root, 'data', 'inventory-id');
const open = () => openLocalInventory({ nodes: join(root, 'nodes'), idFile: idFile() });

describe('the name of a place of local nodes', () => {
  test('is made once, and two that make it at the same time get the same', async () => {
    const opened = await Promise.all([open(), open(), open()]);
    expect(new Set(opened.map(({ name }) => name)).size).toBe(1);
    expect((await open()).name).toBe(opened[0]?.name);
    expect(readdirSync(join(root, 'data'))).toEqual(['inventory-id']);
  });

  test('costs no write once it is there: the disk may be full', async () => {
    await open();
    const before = statSync(join(root, 'data'), { bigint: true }).mtimeNs;
    await open();
    expect(statSync(join(root, 'data'), { bigint: true }).mtimeNs).toBe(before);
  });

  test('that is none is told, with the mend', async () => {
    mkdirSync(join(root, 'data'));
    writeFileSync(idFile(), '');
    await expect(open()).rejects.toThrow(/inventory-id does not hold an id: remove it/);
  });
});
