/** Which document of a node is meant: the canonical one, that of an earlier epoch, or a quarantined one. */
import { unknownNode } from '../node/unknown-node.js';
import type { StateSummary } from '../state/repository.js';
import { readCount } from './arguments.js';
import { CommandError, usageError } from './failure.js';
import type { Fleet, StatePlace } from './fleet/fleet.js';
import type { Output } from './output.js';
import { table } from './table.js';
import { bytes, timestamp } from './times.js';

export interface ChoiceOptions {
  /** An epoch. */
  readonly version?: string;
  /** An epoch. */
  readonly quarantined?: string;
}

/** Throws INVALID_INPUT with the epochs that there are, UNKNOWN_NODE. */
export async function chosenState<Found>(
  { nodes, states }: Pick<Fleet, 'nodes' | 'states'>,
  id: string,
  { version, quarantined }: ChoiceOptions,
  load: (id: string, place: StatePlace) => Promise<Found | undefined>,
): Promise<Found> {
  if (version !== undefined && quarantined !== undefined) {
    throw usageError('--version and --quarantined exclude each other', '--version');
  }
  const found = await load(id, placeOf(version, quarantined));
  if (found !== undefined) return found;
  const node = await nodes.get(id);
  if (node === undefined) throw unknownNode(id);
  const option = version !== undefined ? '--version' : quarantined !== undefined ? '--quarantined' : 'ID';
  const known = await (quarantined === undefined ? states.versions(id) : states.quarantined(id));
  const epochs =
    known.length === 0 ? 'there are none' : `there are ${known.map(({ epoch }) => epoch).join(', ')}`;
  const message =
    option === 'ID'
      ? `node ${id} is ${node.state} and has no state`
      : `node ${id} has no such state; by epoch ${epochs}`;
  throw new CommandError('INVALID_INPUT', message, {
    field: option,
    exit: 'missing',
    mend: `\`nodeyard state ls\`, \`state versions ${id}\` and \`state quarantine\` list what there is.`,
  });
}

function placeOf(version: string | undefined, quarantined: string | undefined): StatePlace {
  if (quarantined !== undefined) return `quarantined-${epochOf('--quarantined', quarantined)}`;
  return version === undefined ? 'canonical' : `version-${epochOf('--version', version)}`;
}

const epochOf = (option: string, text: string): number => readCount(option, text, { min: 1, max: 1e9 });

/** The summary without the document, in the stable shape of `--json`. */
export function summaryOf<Stored extends StateSummary>(stored: Stored): Omit<Stored, 'document'> {
  const { document: _, ...summary } = { document: undefined, ...stored };
  return summary;
}

/** A table, or a remark where there is nothing to show. */
export function showSummaries(output: Output, summaries: readonly StateSummary[], none: string): void {
  if (summaries.length === 0) output.note(none);
  else output.line(summaryTable(output, summaries));
}

function summaryTable(output: Output, summaries: readonly StateSummary[]): string {
  const rows = summaries.map(({ nodeId, epoch, savedAt, resources, bytes: size, sha256 }) => [
    nodeId,
    String(epoch),
    timestamp(savedAt),
    String(resources),
    bytes(size),
    sha256.slice(0, 12),
  ]);
  return table(output, ['NODE', 'EPOCH', 'SAVED', 'RESOURCES', 'SIZE', 'SHA-256'], rows);
}
