/**
 * The runs of this machine, from its run directories and its archived logs. Paths come from what stands in these directories, and
 * a run is looked for by its name among them; what a request says never becomes one.
 */
import { type FileHandle, open, stat } from 'node:fs/promises';
import { hostname } from 'node:os';
import { isAlive } from '../state/owner.js';
import { isMissing } from '../state/run-paths.js';
import { parseMessage } from '../terraform/messages.js';
import { renderLine } from '../terraform/run-log.js';
import { type LinePage, type Place, placeOfLine, readLinePage, START } from './line-pages.js';
import { type RunLog, type RunPlaces, runLogs } from './run-logs.js';
import type { LogLine, LogPage, LogQuery, NodeRuns, Run } from './runs.js';

export interface LocalRunsParts {
  readonly directories: RunPlaces;
  readonly redact: (text: string) => string;
}

export function createLocalRuns({ directories, redact }: LocalRunsParts): NodeRuns {
  const find = async (nodeId: string, runId: string): Promise<RunLog | undefined> =>
    (await runLogs(directories, nodeId)).find((run) => run.runId === runId);

  const read = async (run: RunLog, query: LogQuery): Promise<LogPage> => {
    const isWhole = run.directory === undefined;
    const path = query.stream === 'log' ? run.log : run.stderr;
    const file = await openIfThere(path);
    if (file === undefined) {
      // Where there is a directory there may be a file in a moment.
      return { lines: [], cursor: query.cursor ?? cursorOf(START, isWhole), more: false, ended: isWhole };
    }
    try {
      const from = await placeOf(file, query.cursor, isWhole);
      const page = await readLinePage(file, from, { limit: query.limit, isWhole });
      return told(page, isWhole, query);
    } finally {
      await file.close();
    }
  };

  const told = ({ lines, next, more }: LinePage, isWhole: boolean, { stream }: LogQuery): LogPage => ({
    lines: lines.map(({ text, next: after }): LogLine => {
      const line = redact(text);
      return { line, text: stream === 'log' ? renderLine(line) : line, cursor: cursorOf(after, isWhole) };
    }),
    cursor: cursorOf(next, isWhole),
    more,
    ended: isWhole && !more,
  });

  return {
    host: hostname(),
    async list(nodeId, limit) {
      const runs = (await runLogs(directories, nodeId)).slice(-limit).reverse();
      return Promise.all(runs.map(shown));
    },
    async log(nodeId, runId, query) {
      const run = await find(nodeId, runId);
      if (run === undefined) return undefined;
      const page = await read(run, query);
      if (run.directory === undefined || page.lines.length > 0) return page;
      // Its directory may have gone meanwhile, and the log is where ended runs have theirs.
      const now = await find(nodeId, runId);
      return now === undefined || now.directory !== undefined ? page : read(now, query);
    },
  };
}

/**
 * `<line>-<offset>-<w|a>`: a log is put away line by line, with secrets taken out; its lines have the same numbers then
 * and other offsets.
 */
const cursorOf = ({ line, offset }: Place, isArchived: boolean): string =>
  `${line}-${offset}-${isArchived ? 'a' : 'w'}`;

async function placeOf(file: FileHandle, cursor: string | undefined, isArchived: boolean): Promise<Place> {
  if (cursor === undefined) return START;
  const [line, offset, kind] = cursor.split('-');
  if (kind !== (isArchived ? 'a' : 'w')) return placeOfLine(file, Number(line));
  return { line: Number(line), offset: Number(offset) };
}

async function openIfThere(path: string): Promise<FileHandle | undefined> {
  try {
    return await open(path, 'r');
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}

async function shown({ runId, operation, epoch, log, stderr, current }: RunLog): Promise<Run> {
  const run = { runId, operation, epoch };
  if (current !== undefined) {
    return { ...run, startedAt: current.createdAt, atWork: isAlive(current.owner) !== 'dead' };
  }
  const startedAt = await beginningOf(log);
  const endedAt = (await timeOf(log)) ?? (await timeOf(stderr));
  return {
    ...run,
    ...(startedAt === undefined ? {} : { startedAt }),
    ...(endedAt === undefined ? {} : { endedAt }),
    atWork: false,
  };
}

/** An archived log is written when its run has ended. */
const timeOf = (path: string): Promise<number | undefined> =>
  stat(path).then(
    ({ mtimeMs }) => Math.round(mtimeMs),
    () => undefined,
  );

/** What Terraform’s first line says. */
async function beginningOf(log: string): Promise<number | undefined> {
  const file = await openIfThere(log);
  if (file === undefined) return undefined;
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(FIRST_BYTES), 0, FIRST_BYTES, 0);
    const message = parseMessage(buffer.toString('utf8', 0, bytesRead).split('\n', 1)[0] ?? '');
    const at = message.type === 'text' ? Number.NaN : Date.parse(message['@timestamp']);
    return Number.isNaN(at) ? undefined : at;
  } finally {
    await file.close();
  }
}

/** Terraform’s first line says its version. */
const FIRST_BYTES = 4_096;
