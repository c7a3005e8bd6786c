/** The tags by which a resource is this fleet’s. EC2’s filters know wildcards, so what it answers is compared once more. */
import type { Filter, Tag } from '@aws-sdk/client-ec2';
import { NODE_ID } from '../../../src/node/request.js';
import { OWNERSHIP_TAGS } from '../../../src/synth/ownership.js';

/** Of one node, or of all. */
export type Of = { readonly nodeId: string } | undefined;

export interface Marks {
  /** What EC2 is asked for. */
  filters(of: Of): Filter[];
  /** The node whose marks these are; undefined where they are another fleet’s or nobody’s. */
  ownerIn(tags: readonly Tag[] | undefined): string | undefined;
}

export const marksOf = (fleet: string): Marks => ({
  filters: (of) => [
    { Name: `tag:${OWNERSHIP_TAGS.fleet}`, Values: [fleet] },
    of === undefined
      ? { Name: 'tag-key', Values: [OWNERSHIP_TAGS.nodeId] }
      : { Name: `tag:${OWNERSHIP_TAGS.nodeId}`, Values: [of.nodeId] },
  ],
  ownerIn(tags = []) {
    const tag = (key: string) => tags.find(({ Key }) => Key === key)?.Value;
    const nodeId = tag(OWNERSHIP_TAGS.nodeId);
    const owned = tag(OWNERSHIP_TAGS.fleet) === fleet && nodeId !== undefined && NODE_ID.test(nodeId);
    return owned ? nodeId : undefined;
  },
});
