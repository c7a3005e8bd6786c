import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { inspectState } from '../../src/state/document.js';
import { linesOf } from '../../src/state/log-lines.js';
import { RECOVERY_SEQUENCE, recoverDirectory } from '../../src/state/recover-directory.js';
import { RunPaths } from '../../src/state/run-paths.js';
import { bytesOf, type DocumentResource, stateText, textOf } from './support/documents.js';

let base: string;
let paths: RunPaths;
beforeEach(async () => {
  base = await mkdtemp(join(tmpdir(), 'ny-recover-'));
  paths = new RunPaths(base);
});
afterEach(() => rm(base, { recursive: true, force: true }));

const message = (type: string, name: string, action: string, more: object = {}): string =>
  JSON.stringify({
    '@level': 'info',
    type,
    hook: { resource: { addr: `terraform_data.${name}`, resource_type: 'terraform_data' }, action, ...more },
  });
const start = (name: string, action = 'create'): string => message('apply_start', name, action);
const complete = (name: string, action = 'create'): string =>
  message('apply_complete', name, action, { id_key: 'id', id_value: `id-${name}` });
const errored = (name: string, action = 'create'): string => message('apply_errored', name, action);
const writeLog = (...lines: readonly string[]): Promise<void> =>
  writeFile(paths.log, `${lines.join('\n')}\n`);
const state = (serial: number, ...names: readonly string[]): string =>
  stateText(
    names.map((name): DocumentResource => ({ name })),
    { serial },
  );

describe('the document', () => {
  test('of a directory without any is absent, and the log’s creates are known to be unrecorded', async () => {
    await writeLog(start('a'), complete('a'), start('b'));
    expect(await recoverDirectory(paths)).toEqual({
      tainted: [],
      unrecorded: [
        { address: 'terraform_data.b', type: 'terraform_data' },
        { address: 'terraform_data.a', type: 'terraform_data', id: 'id-a' },
      ],
      graceful: false,
      sequence: RECOVERY_SEQUENCE,
    });
  });

  test('of an empty directory is absent, and there is nothing to say', async () => {
    expect(await recoverDirectory(paths)).toMatchObject({ tainted: [], unrecorded: [] });
  });

  test('is Terraform’s own file where it is whole', async () => {
    await writeFile(paths.state, state(5, 'a', 'b'));
    await writeFile(paths.goodState, state(4, 'a'));
    expect(textOf((await recoverDirectory(paths)).document)).toBe(state(5, 'a', 'b'));
  });

  test('is the kept copy where Terraform’s file is torn', async () => {
    await writeFile(paths.state, state(5, 'a', 'b').slice(0, -30));
    await writeFile(paths.goodState, state(4, 'a'));
    expect(textOf((await recoverDirectory(paths)).document)).toBe(state(4, 'a'));
  });

  test('is what Terraform left for a failed last write where that is newer', async () => {
    await writeFile(paths.state, state(4, 'a'));
    await writeFile(paths.erroredState, state(5, 'a', 'b'));
    expect(textOf((await recoverDirectory(paths)).document)).toBe(state(5, 'a', 'b'));
  });

  test('is the stored one where the directory’s copies are older, so that nothing stored is lost', async () => {
    await writeFile(paths.state, '');
    await writeFile(paths.goodState, state(4, 'a'));
    const stored = bytesOf(state(5, 'a', 'b'));
    expect((await recoverDirectory(paths, { stored })).document).toEqual(stored);
    await rm(paths.goodState);
    expect((await recoverDirectory(paths, { stored })).document).toEqual(stored);
  });

  test('is not the stored one where that has another lineage: somebody imported it', async () => {
    await writeFile(paths.state, state(4, 'a'));
    const stored = bytesOf(stateText([], { serial: 9, lineage: 'imported' }));
    expect(textOf((await recoverDirectory(paths, { stored })).document)).toBe(state(4, 'a'));
  });
});

describe('after a kill', () => {
  const taintedBy = async (...lines: readonly string[]): Promise<readonly string[]> => {
    await writeFile(paths.state, state(1, 'a', 'b'));
    await writeLog(...lines);
    return (await recoverDirectory(paths)).tainted;
  };

  test('a create that began and did not end is tainted', async () => {
    expect(await taintedBy(start('a'), complete('a'), start('b'))).toEqual(['terraform_data.b']);
  });

  test('a create that failed is tainted: the kill may have come before Terraform did it', async () => {
    expect(await taintedBy(start('a'), errored('a'))).toEqual(['terraform_data.a']);
  });

  test('a resource destroyed half way is not tainted', async () => {
    expect(await taintedBy(start('a', 'delete'), start('b', 'delete'), errored('b', 'delete'))).toEqual([]);
  });

  test('a resource updated half way is not tainted: that would replace it', async () => {
    expect(await taintedBy(start('a', 'update'))).toEqual([]);
  });

  test('a data source that was being read is not tainted', async () => {
    expect(await taintedBy(start('a', 'read'))).toEqual([]);
  });

  test('of a replacement only the unfinished create counts', async () => {
    const replace = [start('a', 'delete'), complete('a', 'delete'), start('a')];
    expect(await taintedBy(...replace)).toEqual(['terraform_data.a']);
    expect(await taintedBy(...replace, complete('a'))).toEqual([]);
  });

  test('a finished line that was cut off counts as unfinished', async () => {
    expect(await taintedBy(start('a'), complete('a').slice(0, -3))).toEqual(['terraform_data.a']);
  });

  test('creates that the state does not hold are told, with the id where it is known', async () => {
    await writeFile(paths.state, state(1, 'a'));
    await writeLog(start('a'), complete('a'), start('lost'), complete('lost'), start('flying'));
    const { tainted, unrecorded } = await recoverDirectory(paths);
    expect(tainted).toEqual([]);
    expect(unrecorded).toEqual([
      { address: 'terraform_data.flying', type: 'terraform_data' },
      { address: 'terraform_data.lost', type: 'terraform_data', id: 'id-lost' },
    ]);
  });

  test('what was created and deleted again is not missed', async () => {
    await writeFile(paths.state, state(1));
    await writeLog(start('a'), complete('a'), start('b'), errored('b'));
    await writeLog(start('a'), complete('a'), start('a', 'delete'), complete('a', 'delete'));
    expect((await recoverDirectory(paths)).unrecorded).toEqual([]);
  });

  test('hostile lines are passed over', async () => {
    const lines = [
      'panic: runtime error',
      '{"type":"apply_start"}',
      '{"type":"apply_start","hook":{"resource":{"addr":7},"action":"create"}}',
      '"apply_start"',
      '\u0000\u0001\ufffd"apply_start',
      'null',
      `{"type":"apply_start","x":"${'y'.repeat(3_000_000)}"}`,
      '[{"type":"apply_start"}]',
      start('b'),
    ];
    expect(await taintedBy(...lines)).toEqual(['terraform_data.b']);
  });
});

describe('a graceful end', () => {
  test.each(['0', '1\n'])(
    'exit status %j means that the state is what Terraform meant: nothing is tainted',
    async (exit) => {
      await writeFile(paths.state, state(1, 'a'));
      await writeLog(start('a'));
      await writeFile(paths.exit, exit);
      expect(await recoverDirectory(paths)).toMatchObject({ graceful: true, tainted: [], unrecorded: [] });
    },
  );

  test.each(['137', '143', '2', '', 'x', '-9'])('exit status %j is none', async (exit) => {
    await writeFile(paths.state, state(1, 'a'));
    await writeLog(start('a'));
    await writeFile(paths.exit, exit);
    const recovered = await recoverDirectory(paths);
    expect(recovered).toMatchObject({ graceful: false, tainted: ['terraform_data.a'] });
    expect(inspectState(recovered.document as Uint8Array).resources).toBe(1);
  });
});

describe('lines', () => {
  const read = async (text: string, max?: number): Promise<string[]> => {
    await writeFile(paths.log, text);
    const lines: string[] = [];
    for await (const line of linesOf(paths.log, max)) lines.push(line);
    return lines;
  };

  test('are whole across the chunks that a file is read in', async () => {
    const long = ['é'.repeat(70_000), 'b', '', 'c'.repeat(200_000)];
    expect(await read(`${long.join('\n')}\n`)).toEqual(long);
  });

  test('beyond the limit are passed over, the others are not', async () => {
    expect(await read(`a\n${'x'.repeat(11)}\n${'y'.repeat(10)}\nlast`, 10)).toEqual([
      'a',
      'y'.repeat(10),
      'last',
    ]);
    expect(await read('z'.repeat(300_000), 10)).toEqual([]);
  });
});
