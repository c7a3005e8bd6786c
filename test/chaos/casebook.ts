/** Writes down what a person needs who looks for a cause: all events, all attacks, and a dossier for each node with a violation. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { NodeEvent } from '../../src/node/record.js';
import type { Arena } from './arena.js';
import type { Attacked } from './attack/attacker.js';
import { dossierOf } from './dossier.js';
import type { Progress } from './progress.js';
import { RULES, type Violation } from './verdict.js';

/** Nodes whose story is told at once; those of the others are in files. */
const MOST_TOLD = 5;

export interface Casebook {
  readonly arena: Pick<Arena, 'app' | 'cloud' | 'home'>;
  readonly violations: readonly Violation[];
  readonly events: readonly NodeEvent[];
  readonly attacked: readonly Attacked[];
  readonly progress: Progress;
}

export async function writeCasebook(book: Casebook): Promise<void> {
  const { arena, violations, events, attacked, progress } = book;
  const { app, cloud, home } = arena;
  writeFileSync(join(home, 'events.jsonl'), lines(events));
  writeFileSync(join(home, 'attacks.jsonl'), lines(attacked));
  mkdirSync(join(home, 'dossiers'), { recursive: true });
  const nodeIds = new Set(violations.flatMap(({ nodeId }) => nodeId ?? []));
  for (const [index, nodeId] of [...nodeIds].entries()) {
    const history = await app.store.history(nodeId).catch(() => []);
    const text = [
      ...violations
        .filter((violation) => violation.nodeId === nodeId)
        .map(({ rule, says }) => `${RULES[rule]}: ${says}`),
      ...dossierOf({ nodeId, history, calls: cloud.calls(), attacked }),
      '',
    ].join('\n');
    writeFileSync(join(home, 'dossiers', `${nodeId}.txt`), text);
    if (index < MOST_TOLD) progress.say(`\n${text}`);
  }
}

const lines = (list: readonly unknown[]): string => list.map((item) => `${JSON.stringify(item)}\n`).join('');
