/** Carries out one planned change, and says what of it must stand in the state, however it ended. */
import type { BlockSchema } from '../schema.js';
import type { Configured } from './configure.js';
import { readResource } from './read.js';
import { type ResourceType, text } from './resources/resource.js';
import { type Values, withoutUnknown } from './value.js';

export interface Change {
  /** Null for a create. */
  readonly prior: Values | null;
  /** Null for a delete. */
  readonly planned: Values | null;
}

export interface Applied {
  readonly state: Values | null;
  readonly error?: unknown;
}

export async function applyChange(
  type: ResourceType,
  schema: BlockSchema,
  configured: Configured,
  { prior, planned }: Change,
): Promise<Applied> {
  if (planned === null) return destroy(type, configured, prior ?? {});
  return prior === null
    ? create(type, schema, configured, planned)
    : update(type, schema, configured, prior, planned);
}

/** Without an id nothing is kept, whatever the cloud has made: so a lost answer leaks. With one it is kept and tainted. */
async function create(
  type: ResourceType,
  schema: BlockSchema,
  configured: Configured,
  planned: Values,
): Promise<Applied> {
  let id: string | undefined;
  const whole = (): Values => ({ ...withoutUnknown(schema, planned), id: id ?? null });
  try {
    const ec2 = configured.ec2(planned);
    await type.create(ec2, withoutUnknown(schema, planned), (made) => {
      id = made;
    });
    const state = await ec2.until(`waiting for ${type.title} (${id}) create: couldn't find resource`, () =>
      readResource(type, schema, configured, whole()),
    );
    return { state };
  } catch (error) {
    return { state: id === undefined ? null : whole(), error: worded('creating', type, id, error) };
  }
}

async function update(
  type: ResourceType,
  schema: BlockSchema,
  configured: Configured,
  prior: Values,
  planned: Values,
): Promise<Applied> {
  const known = withoutUnknown(schema, planned);
  try {
    await type.update?.(configured.ec2(prior), prior, known);
    return { state: (await readResource(type, schema, configured, known)) ?? known };
  } catch (error) {
    return { state: prior, error: worded('updating', type, text(prior['id']), error) };
  }
}

async function destroy(type: ResourceType, configured: Configured, prior: Values): Promise<Applied> {
  try {
    await type.delete(configured.ec2(prior), prior);
    return { state: null };
  } catch (error) {
    return { state: prior, error: worded('deleting', type, text(prior['id']), error) };
  }
}

function worded(doing: string, { title }: ResourceType, id: string | undefined, error: unknown): Error {
  const which = id === undefined ? title : `${title} (${id})`;
  return new Error(`${doing} ${which}: ${error instanceof Error ? error.message : String(error)}`);
}
