/**
 * Takes resources out of a document that the cloud says do not exist. Numbers keep their characters (lossless-json); only
 * the white space of the text may change.
 */
import { parse, stringify } from 'lossless-json';
import { type InstanceEntry, identityKey, instancesOf, resourceIdentities } from './document.js';

export interface ForgetResult {
  readonly document: Uint8Array;
  /** The addresses that were in the document and are not any more. */
  readonly forgotten: readonly string[];
}

/** Removes the managed instances with these addresses. Throws STATE_UNREADABLE. */
export function forget(document: Uint8Array, addresses: Iterable<string>): ForgetResult {
  const wanted = new Set(addresses);
  return without(document, ({ address }) => wanted.has(address));
}

/**
 * What a document holds and another does not: the managed instances that are something else in the cloud, whatever their
 * address. Throws STATE_UNREADABLE.
 */
export function beyond(document: Uint8Array, owner: Uint8Array): Uint8Array {
  const owned = resourceIdentities(owner);
  return without(document, (entry) => owned.has(identityKey(entry))).document;
}

function without(document: Uint8Array, isGone: (entry: InstanceEntry) => boolean): ForgetResult {
  const gone = instancesOf(document).filter((entry) => entry.managed && isGone(entry));
  if (gone.length === 0) return { document, forgotten: [] };
  const places = new Set(gone.map(({ place }) => place.join('.')));
  const state = parse(new TextDecoder().decode(document)) as { resources: { instances: unknown[] }[] };
  const resources = state.resources
    .map((resource, i) => ({
      ...resource,
      instances: resource.instances.filter((_, j) => !places.has(`${i}.${j}`)),
    }))
    .filter(({ instances }) => instances.length > 0);
  const text = stringify({ ...state, resources }, undefined, 2) ?? '';
  return {
    document: new TextEncoder().encode(`${text}\n`),
    forgotten: [...new Set(gone.map(({ address }) => address))],
  };
}
