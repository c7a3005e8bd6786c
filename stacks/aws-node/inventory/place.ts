/**
 * Where the resources of an `aws-node` stand: a region, seen with the worker’s own credentials or with those of a role. A role’s name
 * has its account, and a hash of all that its credentials depend on, so that a wrong external id in one request makes a place
 * of its own and takes the others’ from nobody.
 */
import { createHash } from 'node:crypto';
import { NodeyardError } from '../../../src/errors.js';
import type { DetailedPlace, PlaceDetails } from '../../define.js';
import { z } from '../../define.js';

/** As the request names it. */
export interface AssumedRole {
  readonly roleArn: string;
  readonly externalId?: string | undefined;
  readonly sessionName?: string | undefined;
}

interface AwsPlace {
  readonly region: string;
  readonly role?: AssumedRole;
}

const HASH_CHARS = 16;

export function placeOf({
  region,
  assumeRole: role,
}: {
  readonly region: string;
  readonly assumeRole?: AssumedRole | undefined;
}): string | DetailedPlace {
  if (role === undefined) return region;
  const { roleArn, externalId, sessionName } = role;
  const [, , , , account = ''] = roleArn.split(':');
  const hash = createHash('sha256')
    .update(JSON.stringify([roleArn, externalId, sessionName]))
    .digest('hex')
    .slice(0, HASH_CHARS);
  return {
    name: `${region}-role-${account}-${hash}`,
    details: {
      region,
      roleArn,
      ...(externalId === undefined ? {} : { externalId }),
      ...(sessionName === undefined ? {} : { sessionName }),
    },
  };
}

const roleDetails = z.strictObject({
  region: z.string(),
  roleArn: z.string(),
  externalId: z.string().exactOptional(),
  sessionName: z.string().exactOptional(),
});

/** Throws INVENTORY_UNAVAILABLE: asked without its role, a role’s place would answer for another account. */
export function readPlace(name: string, details: PlaceDetails): AwsPlace {
  if (!name.includes('-role-')) return { region: name };
  const read = roleDetails.safeParse(details);
  if (!read.success) {
    throw new NodeyardError('INVENTORY_UNAVAILABLE', `what is remembered of ${name} does not say its role`);
  }
  const { region, ...role } = read.data;
  return { region, role };
}
