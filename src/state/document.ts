/**
 * Terraform state documents (format version 4), read without being changed: numbers stay the characters that they
 * are, and nothing here writes a document that was parsed.
 */
import { isLosslessNumber, parse, stringify } from 'lossless-json';
import { z } from 'zod';
import { NodeyardError } from '../errors.js';
import { formatAddress } from './address.js';

/** The only format that Terraform >= 0.12 and OpenTofu write. */
const FORMAT_VERSION = '4';

const digits = z.custom<{ readonly value: string }>(isLosslessNumber, 'is not a number');
const instanceSchema = z.object({
  index_key: z.union([z.string(), digits]).nullish(),
  status: z.string().optional(),
  deposed: z.string().optional(),
  attributes: z.record(z.string(), z.unknown()).nullish(),
  /** Written by providers of Terraform 0.11; still valid in version 4. */
  attributes_flat: z.record(z.string(), z.unknown()).nullish(),
});
const stateSchema = z.object({
  version: digits.refine(({ value }) => value === FORMAT_VERSION, 'is not 4'),
  terraform_version: z.string().optional(),
  serial: digits,
  lineage: z.string(),
  resources: z.array(
    z.object({
      module: z.string().optional(),
      mode: z.string(),
      type: z.string(),
      name: z.string(),
      provider: z.string(),
      instances: z.array(instanceSchema),
    }),
  ),
});
type Resource = z.infer<typeof stateSchema>['resources'][number];
type Instance = z.infer<typeof instanceSchema>;

/** One instance of a resource, with its place in the document. */
export interface InstanceEntry {
  /** Index in `resources` and in that resource’s `instances`. */
  readonly place: readonly [resource: number, instance: number];
  readonly address: string;
  readonly managed: boolean;
  readonly deposed: boolean;
  readonly status: string | undefined;
  readonly type: string;
  readonly provider: string;
  /** The id attribute, or all attributes where there is none, as JSON text. */
  readonly identity: string;
}

export interface StateInspection {
  /** Managed instances; one that was deposed and not yet deleted counts too, because it exists in the cloud. */
  readonly resources: number;
  /** Of the managed instances, each once. */
  readonly addresses: readonly string[];
  readonly serial: number;
  readonly lineage: string;
  readonly terraformVersion: string | undefined;
}

/** Throws STATE_UNREADABLE, saying what is wrong, when the bytes are not a whole state document. */
export function inspectState(bytes: Uint8Array): StateInspection {
  const state = read(bytes);
  const managed = entriesOf(state.resources).filter((entry) => entry.managed);
  return {
    resources: managed.length,
    addresses: [...new Set(managed.map((entry) => entry.address))],
    serial: Number(state.serial.value),
    lineage: state.lineage,
    terraformVersion: state.terraform_version,
  };
}

/** Every instance in the order of the document, data sources among them. Throws STATE_UNREADABLE. */
export function instancesOf(bytes: Uint8Array): readonly InstanceEntry[] {
  return entriesOf(read(bytes).resources);
}

/** False for half a file: Terraform truncates its state and writes it again, so a reader can meet any part of it. */
export function isCompleteDocument(bytes: Uint8Array): boolean {
  try {
    read(bytes);
    return true;
  } catch {
    return false;
  }
}

/** A state that holds nothing. Terraform accepts any lineage; a run without changes does not rewrite the document. */
export function emptyDocument(lineage = 'nodeyard'): Uint8Array {
  const text = `{"version":4,"serial":1,"lineage":${JSON.stringify(lineage)},"outputs":{},"resources":[]}\n`;
  return new TextEncoder().encode(text);
}

/** The managed instances by what they are in the cloud: type, provider and id, whatever their address. */
export function resourceIdentities(bytes: Uint8Array): ReadonlySet<string> {
  const managed = instancesOf(bytes).filter((entry) => entry.managed);
  return new Set(managed.map(identityKey));
}

/** What an instance is in the cloud, as one word. */
export const identityKey = ({ type, provider, identity }: InstanceEntry): string =>
  JSON.stringify([type, provider, identity]);

/** Whether everything in a quarantined document is also in the canonical one, so that the quarantine may end. */
export function holdsNothingBeyond(quarantined: Uint8Array, canonical: Uint8Array): boolean {
  const owned = resourceIdentities(canonical);
  return [...resourceIdentities(quarantined)].every((identity) => owned.has(identity));
}

/** Ids of the managed instances, as the cloud gave them. */
export function resourceIds(bytes: Uint8Array): ReadonlySet<string> {
  const managed = instancesOf(bytes).filter((entry) => entry.managed);
  return new Set(managed.map(({ identity }) => String((JSON.parse(identity) as { id?: unknown }).id ?? '')));
}

function read(bytes: Uint8Array): z.infer<typeof stateSchema> {
  const parsed = stateSchema.safeParse(parseText(bytes));
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const path = issue === undefined || issue.path.length === 0 ? 'the document' : issue.path.join('.');
  throw unreadable(`${path}: ${issue?.message ?? 'invalid'}`);
}

function parseText(bytes: Uint8Array): unknown {
  if (bytes.byteLength === 0) throw unreadable('it is empty');
  try {
    return parse(new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes));
  } catch (error) {
    // The parser’s message quotes the text, which may hold secrets: only its position is passed on.
    const at = /position \d+/.exec(error instanceof Error ? error.message : '')?.[0];
    throw unreadable(`it is not JSON${at === undefined ? '' : ` (at ${at})`}`);
  }
}

function unreadable(what: string): NodeyardError {
  return new NodeyardError(
    'STATE_UNREADABLE',
    `not a Terraform state document of version ${FORMAT_VERSION}: ${what}`,
  );
}

function entriesOf(resources: readonly Resource[]): InstanceEntry[] {
  return resources.flatMap((resource, place) =>
    resource.instances.map((instance, index) => ({
      place: [place, index] as const,
      address: formatAddress({ ...resource, key: keyOf(instance) }),
      managed: resource.mode === 'managed',
      deposed: instance.deposed !== undefined,
      status: instance.status,
      type: resource.type,
      provider: resource.provider,
      identity: identityOf(instance),
    })),
  );
}

function keyOf({ index_key: key }: Instance): { text: string } | { number: string } | undefined {
  if (key === undefined || key === null) return undefined;
  return typeof key === 'string' ? { text: key } : { number: key.value };
}

/** Without an id only equal attributes are the same thing: a difference keeps the quarantine, which is the safe side. */
function identityOf(instance: Instance): string {
  const attributes = instance.attributes ?? instance.attributes_flat ?? {};
  const id = attributes['id'];
  const known = id === undefined || id === null || id === '' ? { attributes } : { id };
  return stringify(known) ?? '';
}
