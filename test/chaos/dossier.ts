/** For a person who looks for the cause of a violation: what happened to the node, and what was asked of the cloud for it. */
import type { NodeEvent } from '../../src/node/record.js';
import type { LedgerEntry } from '../simcloud/cloud/ledger.js';
import type { Attacked } from './attack/attacker.js';

export interface DossierSources {
  readonly nodeId: string;
  readonly history: readonly NodeEvent[];
  readonly calls: readonly LedgerEntry[];
  readonly attacked: readonly Attacked[];
}

interface Line {
  readonly at: number;
  readonly text: string;
}

/** In the order of time: the node’s history, the calls that made or changed something or failed, and the attacks. */
export function dossierOf({ nodeId, history, calls, attacked }: DossierSources): string[] {
  const lines = [
    ...history.map((event): Line => ({ at: event.at, text: `node   ${eventText(event)}` })),
    ...calls.filter((call) => call.node === nodeId && isTelling(call)).map(callLine),
    ...attacked.flatMap(({ at, kind, whom, forMs }): Line[] =>
      whom === undefined
        ? []
        : [{ at, text: `attack ${kind}: ${whom}${forMs > 0 ? ` for ${forMs} ms` : ''}` }],
    ),
  ];
  const first = Math.min(...lines.filter(({ text }) => !text.startsWith('attack')).map(({ at }) => at));
  const told: { at: number; text: string; times: number }[] = [];
  for (const { at, text } of lines.filter(({ at }) => at >= first).sort((a, b) => a.at - b.at)) {
    const last = told.at(-1);
    // Something that is asked again and again is told once.
    if (last?.text === text) last.times += 1;
    else told.push({ at, text, times: 1 });
  }
  return told.map(({ at, text, times }) => `${clock(at)}  ${text}${times > 1 ? ` (${times} times)` : ''}`);
}

const clock = (at: number): string => new Date(at).toISOString().slice(11, 23);

const eventText = ({ type, from, to, epoch, actor, reason, failure }: NodeEvent): string => {
  const moved = type === 'transition' ? `${from ?? '–'} → ${to}` : type;
  const why = failure === undefined ? reason : `${failure.code}: ${failure.message}`;
  return `epoch ${epoch} ${actor}: ${moved}${why === undefined ? '' : ` (${why})`}`;
};

const isTelling = ({ effect, error, fault }: LedgerEntry): boolean =>
  effect.length > 0 || error !== undefined || fault !== undefined;

function callLine({ at, call, effect, error, fault, caller }: LedgerEntry): Line {
  const made = effect.map(({ id, deletedAt }) => (deletedAt === undefined ? id : `${id} ends`)).join(', ');
  const how = [made, error, fault && `fault ${fault}`].filter((part) => part).join('; ');
  return { at, text: `cloud  ${call}: ${how} (run ${caller.run?.slice(0, 8) ?? '–'}, pid ${caller.pid})` };
}
