/**
 * The inventory of local nodes: processes that carry the arguments of a local node of this data directory, and the files
 * of such nodes. Another data directory on the same machine is another place.
 */

import { randomUUID } from 'node:crypto';
import { link, mkdir, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { Inventory, InventoryItem } from '../../src/fleet/inventory.js';
import { NODE_ID } from '../../src/node/request.js';
import { localFiles, makeDirectory, removeFiles, writeWhole } from './files.mjs';
import { argumentsOfAll, endProcessesWith, tokenArgument } from './processes.mjs';

const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
const TOKEN = '--nodeyard-token=';
const DIRECTORY = '--nodeyard-directory=';

export interface LocalPlace {
  /** One directory per node; absolute. */
  readonly nodes: string;
  /** The file that keeps the name of the place; made when it is not there. */
  readonly idFile: string;
}

export async function openLocalInventory({ nodes, idFile }: LocalPlace): Promise<Inventory> {
  return {
    name: `local-${await idIn(idFile)}`,
    settleMs: 0,
    async list(of) {
      const processes = await listProcesses(nodes);
      const running = new Set(processes.map(({ id }) => id));
      const files = await listFiles(nodes);
      const items = [...processes, ...files.filter(({ id }) => !running.has(id))];
      return of === undefined ? items : items.filter(({ nodeId }) => nodeId === of.nodeId);
    },
    async destroy({ nodeId, id }) {
      const directory = join(nodes, nodeId);
      const { ended } = localFiles(directory, id);
      // The same steps as a destroy by Terraform: a late starter or server finds the mark and gives up.
      makeDirectory(directory);
      writeWhole(ended, '');
      await endProcessesWith(tokenArgument(id));
      removeFiles(directory, id);
    },
  };
}

/** The directory may move or be mounted by a machine with another name: the place is still the same. */
async function idIn(file: string): Promise<string> {
  const id = (await idThere(file)) ?? (await makeId(file));
  if (!UUID.test(id)) throw new Error(`${file} does not hold an id: remove it, it is made again`);
  return id;
}

async function makeId(file: string): Promise<string> {
  await mkdir(dirname(file), { recursive: true, mode: 0o700 });
  // Linked when it is whole: of two that make it, one wins, and nobody reads half of it.
  const mine = `${file}.${randomUUID()}`;
  try {
    await writeFile(mine, randomUUID(), { mode: 0o600 });
    await link(mine, file).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'EEXIST') throw error;
    });
  } finally {
    await rm(mine, { force: true });
  }
  return (await idThere(file)) ?? '';
}

async function idThere(file: string): Promise<string | undefined> {
  try {
    return (await readFile(file, 'utf8')).trim();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

async function listProcesses(nodes: string): Promise<InventoryItem[]> {
  const found = argumentsOfAll().flatMap((words) => {
    const directory = words.find((word) => word.startsWith(DIRECTORY))?.slice(DIRECTORY.length);
    const token = words.find((word) => word.startsWith(TOKEN))?.slice(TOKEN.length);
    if (directory === undefined || token === undefined || !UUID.test(token)) return [];
    const nodeId = basename(directory);
    return directory === join(nodes, nodeId) && NODE_ID.test(nodeId) ? [{ nodeId, token }] : [];
  });
  return Promise.all(
    found.map(async ({ nodeId, token }) => {
      const createdAt = await bornAt(localFiles(join(nodes, nodeId), token).log);
      return { nodeId, kind: 'process', id: token, createdAt, vital: true };
    }),
  );
}

async function listFiles(nodes: string): Promise<InventoryItem[]> {
  const items: InventoryItem[] = [];
  for (const nodeId of (await namesIn(nodes)).filter((name) => NODE_ID.test(name))) {
    const tokens = new Map<string, string>();
    for (const name of await namesIn(join(nodes, nodeId))) {
      const token = name.slice(0, name.indexOf('.'));
      if (UUID.test(token)) tokens.set(token, join(nodes, nodeId, name));
    }
    for (const [id, file] of tokens) {
      items.push({ nodeId, kind: 'files', id, createdAt: await bornAt(file), vital: false });
    }
  }
  return items;
}

const namesIn = (directory: string): Promise<string[]> => readdir(directory).catch(() => []);

/** A process has its log from its start on; one whose log is gone has long been there. */
const bornAt = (file: string): Promise<number> =>
  stat(file).then(
    ({ birthtimeMs, mtimeMs }) => birthtimeMs || mtimeMs,
    () => 0,
  );
