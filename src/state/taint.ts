/**
 * Marks resources as tainted, so that the next run replaces them. The mark is inserted into the text; every other
 * character of the document stays as it is.
 */
import { type InstanceEntry, instancesOf } from './document.js';
import { JsonScan } from './json-scan.js';

const MARK = '"status": "tainted"';

export interface TaintResult {
  readonly document: Uint8Array;
  /** The addresses that are marked now, those that had been before among them. */
  readonly tainted: readonly string[];
}

/**
 * Taints the managed instances with these addresses. An address that the document does not hold is ignored, and so
 * are deposed instances, which are deleted in any case. Throws STATE_UNREADABLE.
 */
export function taint(document: Uint8Array, addresses: Iterable<string>): TaintResult {
  const wanted = new Set(addresses);
  const marked = instancesOf(document).filter(
    (entry) => entry.managed && !entry.deposed && wanted.has(entry.address),
  );
  const unmarked = marked.filter((entry) => entry.status === undefined);
  const tainted = marked.map((entry) => entry.address);
  if (unmarked.length === 0) return { document, tainted };
  const text = new TextDecoder('utf-8', { ignoreBOM: true }).decode(document);
  return { document: new TextEncoder().encode(insertMarks(text, unmarked)), tainted };
}

function insertMarks(text: string, entries: readonly InstanceEntry[]): string {
  const offsets = instanceOffsets(text);
  const places = entries
    .map(({ place: [resource, instance] }) => offsets[resource]?.[instance])
    .filter((offset) => offset !== undefined);
  let edited = '';
  let copied = 0;
  for (const brace of places.sort((a, b) => a - b)) {
    const inside = brace + 1;
    const comma = /^\s*\}/.test(text.slice(inside)) ? '' : ',';
    edited += `${text.slice(copied, inside)}${MARK}${comma}`;
    copied = inside;
  }
  return edited + text.slice(copied);
}

/** Offset of the opening brace of `resources[i].instances[j]`. A repeated key counts as the last one, as in Go. */
function instanceOffsets(text: string): number[][] {
  const scan = new JsonScan(text);
  let resources: number[][] = [];
  scan.members((key) => {
    if (key !== 'resources') return scan.skip();
    resources = [];
    scan.elements(() => {
      let instances: number[] = [];
      scan.members((field) => {
        if (field !== 'instances') return scan.skip();
        instances = [];
        scan.elements(() => {
          instances.push(scan.position());
          scan.skip();
        });
      });
      resources.push(instances);
    });
  });
  return resources;
}
