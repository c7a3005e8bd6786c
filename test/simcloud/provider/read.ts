/** Reads one resource into the form of its state. */
import type { BlockSchema } from '../schema.js';
import type { Configured } from './configure.js';
import { type ResourceType, text } from './resources/resource.js';
import { conform, isValues, type Value, type Values, withoutUnknown } from './value.js';

/** undefined when it is gone. What the cloud does not say stays as the state has it. */
export async function readResource(
  type: ResourceType,
  schema: BlockSchema,
  { ec2, region, defaultTags }: Configured,
  state: Values,
): Promise<Values | undefined> {
  let found: Values | undefined;
  try {
    found = await type.read(ec2(state), state);
  } catch (error) {
    throw new Error(
      `reading ${type.title} (${text(state['id'])}): ${error instanceof Error ? error.message : error}`,
    );
  }
  if (found === undefined) return undefined;
  const whole: Values = { ...withoutUnknown(schema, state), region: state['region'] ?? region, ...found };
  return conform(schema, {
    ...whole,
    tags: ownTags(whole['tags'] ?? null, defaultTags, state['tags'] ?? null),
  });
}

/** Tags that come from the provider’s defaults are not the resource’s own, unless it names them too. */
function ownTags(tags: Value, defaultTags: Values, configured: Value): Value {
  if (!isValues(tags)) return tags;
  const named = isValues(configured) ? configured : {};
  const own = Object.entries(tags).filter(([key, value]) => key in named || defaultTags[key] !== value);
  return own.length === 0 ? null : Object.fromEntries(own);
}
