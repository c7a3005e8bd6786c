/** The tags by which a cloud resource names its owner. Exact names and values: nothing is ever matched by a prefix. */

export const OWNERSHIP_TAGS = {
  fleet: 'nodeyard:fleet',
  nodeId: 'nodeyard:node-id',
  group: 'nodeyard:group',
  role: 'nodeyard:role',
  stack: 'nodeyard:stack',
} as const;

export interface Owner {
  /** The id of the fleet: two fleets in one account must never take the other’s resources for their own. */
  readonly fleet: string;
  readonly nodeId: string;
  readonly group: string;
  readonly role: string;
  readonly stack: string;
}

export const ownershipTags = (owner: Owner): Record<string, string> => ({
  [OWNERSHIP_TAGS.fleet]: owner.fleet,
  [OWNERSHIP_TAGS.nodeId]: owner.nodeId,
  [OWNERSHIP_TAGS.group]: owner.group,
  [OWNERSHIP_TAGS.role]: owner.role,
  [OWNERSHIP_TAGS.stack]: owner.stack,
});
