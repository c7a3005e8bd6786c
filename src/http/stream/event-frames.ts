/** Events as the bytes of a stream; made once for all who hear them. */
import type { NodeEvent } from '../../node/record.js';
import { copierOf } from '../answers.js';
import { nodeEventSchema } from '../schemas/node.js';
import { entryText } from './sse.js';

const NOTHING = Buffer.alloc(0);
const copyOfEvent = copierOf(nodeEventSchema);
const frames = new WeakMap<NodeEvent, Buffer>();
const batches = new WeakMap<readonly NodeEvent[], Buffer>();

export function framesOf(
  events: readonly NodeEvent[],
  chosen: ((event: NodeEvent) => boolean) | undefined,
): Buffer {
  if (events.length === 0) return NOTHING;
  if (chosen !== undefined) return Buffer.concat(events.filter(chosen).map(frameOf));
  return kept(batches, events, () => Buffer.concat(events.map(frameOf)));
}

/** As in every answer, what the schema does not know is left out. */
const frameOf = (event: NodeEvent): Buffer =>
  kept(frames, event, () => Buffer.from(entryText({ id: event.position, data: copyOfEvent(event) })));

function kept<K extends object>(cache: WeakMap<K, Buffer>, key: K, make: () => Buffer): Buffer {
  const known = cache.get(key);
  if (known !== undefined) return known;
  const made = make();
  cache.set(key, made);
  return made;
}
