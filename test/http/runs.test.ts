/** Runs and their logs over HTTP: archived ones, and one at work that is put away while somebody listens. */
import { appendFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { archiveLogs } from '../../src/operations/archive.js';
import { LEFT_OUT } from '../../src/runs/line-pages.js';
import type { LogLine, LogPage, Run } from '../../src/runs/runs.js';
import { currentOwner } from '../../src/state/owner.js';
import { createRunDirectory, type RunDirectory } from '../../src/state/run-directory.js';
import { nodeRequest } from '../store/support.js';
import { type Listener, listenTo } from './listen.js';
import { type ErrorTold, YardApi } from './yard-api.js';

const PATIENCE = { timeout: 30_000 };
const SECRET = 'a-very-secret-value';

let yard: YardApi;
let node: string;
const open: Listener[] = [];
beforeEach(async () => {
  yard = await YardApi.open({ CLOUD_SECRET_KEY: SECRET });
  node = (await yard.app.store.create(nodeRequest(), { actor: 'producer' })).node.id;
});
afterEach(async () => {
  for (const listener of open.splice(0)) listener.leave();
  await yard.close();
});

const said = (words: string): string =>
  `${JSON.stringify({ '@level': 'info', '@message': words, '@timestamp': '2026-01-02T03:04:05.678Z', type: 'log' })}\n`;

function archived(name: string, text: string): void {
  const directory = join(yard.app.directories.logs, node);
  mkdirSync(directory, { recursive: true });
  writeFileSync(join(directory, name), text);
}

const atWork = (runId: string, epoch = 3): Promise<RunDirectory> =>
  createRunDirectory(yard.app.directories.runs, {
    version: 1,
    runId,
    operation: 'destroy',
    members: [{ nodeId: node, epoch, holder: 'a-run' }],
    owner: currentOwner(),
    createdAt: 1_700_000_000_000,
  });

/** As a run ends: its log is put away, then its directory goes. */
async function end(directory: RunDirectory): Promise<void> {
  await archiveLogs(directory, yard.app.directories.logs, yard.app.redact);
  await directory.remove();
}

const pathOf = (runId: string, query = ''): string => `/v1/nodes/${node}/runs/${runId}/log${query}`;
const page = async (runId: string, query = '') => (await yard.ask<LogPage>(pathOf(runId, query))).body;
const wordsOf = ({ lines }: Pick<LogPage, 'lines'>): string[] => lines.map(({ text }) => text);

async function listen(path: string, headers: Record<string, string> = {}): Promise<Listener> {
  const listener = await listenTo(`${yard.api.url}${path}`, { token: yard.tokens.viewer, headers });
  open.push(listener);
  return listener;
}

describe('the runs of a node', () => {
  test('are those that this machine knows, the newest first, and say which are at work', async () => {
    archived('000001-create-run1.jsonl', said('one'));
    archived('000002-create-run2.stderr.log', 'it crashed\n');
    const directory = await atWork('run3');
    const { body } = await yard.ask<{ host: string; runs: Run[] }>(`/v1/nodes/${node}/runs`, {
      as: 'viewer',
    });
    expect(body).toEqual({
      host: hostname(),
      runs: [
        { runId: 'run3', operation: 'destroy', epoch: 3, startedAt: 1_700_000_000_000, atWork: true },
        { runId: 'run2', operation: 'create', epoch: 2, endedAt: expect.any(Number), atWork: false },
        {
          runId: 'run1',
          operation: 'create',
          epoch: 1,
          startedAt: Date.parse('2026-01-02T03:04:05.678Z'),
          endedAt: expect.any(Number),
          atWork: false,
        },
      ],
    });
    await directory.remove();
  });

  test('of a node that is not there are 404', async () => {
    expect((await yard.ask('/v1/nodes/nobody/runs')).status).toBe(404);
  });
});

describe('the log of a run', () => {
  test('comes page by page, for people and as it was written', async () => {
    archived('000001-create-run1.jsonl', [1, 2, 3].map((n) => said(`line ${n}`)).join(''));
    const first = await page('run1', '?limit=2');
    expect(wordsOf(first)).toEqual([1, 2].map((n) => `2026-01-02T03:04:05.678Z info  line ${n}`));
    expect(first).toMatchObject({ more: true, ended: false });
    const second = await page('run1', `?limit=2&cursor=${first.cursor}`);
    expect(second.lines.map(({ line }) => `${line}\n`)).toEqual([said('line 3')]);
    expect(second).toMatchObject({ more: false, ended: true });
  });

  test('says plainly that it is not on this machine', async () => {
    const { status, body } = await yard.ask<ErrorTold>(pathOf('run9'));
    expect([status, body.error.code]).toEqual([404, 'LOG_ELSEWHERE']);
    expect(body.error.message).toContain(hostname());
    const unknown = await yard.ask<ErrorTold>('/v1/nodes/nobody/runs/run9/log');
    expect([unknown.status, unknown.body.error.code]).toEqual([404, 'UNKNOWN_NODE']);
  });

  test('has secrets taken out while the run is at work, and is not cut inside of a line', async () => {
    const directory = await atWork('run3');
    writeFileSync(directory.log, `${said('hello')}${said(`key ${SECRET}`)}{"half`);
    const whole = await page('run3');
    expect(JSON.stringify(whole)).not.toContain(SECRET);
    expect(whole.lines).toHaveLength(2);
    expect(whole).toMatchObject({ more: false, ended: false });
    const inside = said('hello').length + said(`key ${SECRET}`).indexOf(SECRET) + 3;
    const { status, body } = await yard.ask<ErrorTold>(pathOf('run3', `?cursor=1-${inside}-w`));
    expect([status, body.error.field]).toEqual([400, 'cursor']);
    await directory.remove();
  });

  test('leaves out a line that is too long, and what follows is shown', async () => {
    archived('000001-create-run1.jsonl', `first\n${'x'.repeat(3 * 1024 * 1024)}\nlast\n`);
    const words: string[] = [];
    let at: string | undefined;
    for (let more = true; more; ) {
      const next: LogPage = await page('run1', at === undefined ? '' : `?cursor=${at}`);
      words.push(...wordsOf(next));
      at = next.cursor;
      more = next.more;
    }
    expect(words).toEqual(['first', LEFT_OUT, 'last']);
  });

  test('goes on with the same cursor when the run has ended, though its bytes are others', async () => {
    const directory = await atWork('run3');
    writeFileSync(directory.log, `${said(`key ${SECRET}`)}${said('two')}${said('three')}`);
    const first = await page('run3', '?limit=1');
    await end(directory);
    const rest = await page('run3', `?cursor=${first.cursor}`);
    expect(wordsOf(rest).map((text) => text.split(' ').at(-1))).toEqual(['two', 'three']);
    expect(rest.ended).toBe(true);
  });

  test('is heard live until the run has ended, and goes on after Last-Event-ID', async () => {
    const directory = await atWork('run3');
    const listener = await listen(pathOf('run3', '?follow=true'));
    writeFileSync(directory.log, said('one'));
    const last = (from: Listener) => from.data<LogLine>().map(({ text }) => text.split(' ').at(-1));
    await expect.poll(() => last(listener), PATIENCE).toEqual(['one']);
    appendFileSync(directory.log, said('two'));
    await expect.poll(() => last(listener), PATIENCE).toEqual(['one', 'two']);
    appendFileSync(directory.log, said(SECRET));
    await end(directory);
    await listener.ended;
    expect(last(listener)).toEqual(['one', 'two', '[redacted]']);
    expect(listener.named('end')).toEqual([{ why: 'done' }]);
    const again = await listen(pathOf('run3'), { 'last-event-id': listener.entries[0]?.id ?? '' });
    await again.ended;
    expect(last(again)).toEqual(['two', '[redacted]']);
  });

  test('is not followed without a stream', async () => {
    const { status, body } = await yard.ask<ErrorTold>(pathOf('run1', '?follow=true'));
    expect([status, body.error.field]).toEqual([400, 'follow']);
  });

  test.each(['..', '%2e%2e%2f', '..%2f..%2fetc%2fpasswd', 'a.b', '%00', 'x'.repeat(100)])(
    'is no path: %s',
    async (odd) => {
      expect([400, 404]).toContain((await yard.ask(pathOf(odd))).status);
      expect([400, 404]).toContain((await yard.ask(`/v1/nodes/${odd}/runs`)).status);
    },
  );
});
