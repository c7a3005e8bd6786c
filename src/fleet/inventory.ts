/**
 * What really exists, as a cloud itself tells it. One inventory per place where resources live (an account and region, a
 * machine); a resource is known by its exact ownership marks, never by a part of a name.
 */
export interface InventoryItem {
  readonly nodeId: string;
  /** `process`, `files`, `aws_instance`… */
  readonly kind: string;
  /** As it stands in Terraform’s state. */
  readonly id: string;
  /** Milliseconds since 1970. */
  readonly createdAt: number;
  /** Without it there is no node: a machine is vital, its address is not. */
  readonly vital: boolean;
}

export interface Inventory {
  /** For people, and part of a Redis key: letters, digits and `-`. The same place has the same name for ever. */
  readonly name: string;
  /** Everything in this place that bears a mark. Throws where the place cannot say, never answers a part. */
  list(): Promise<readonly InventoryItem[]>;
  /** Destroys exactly this; gone already is success. */
  destroy(item: InventoryItem): Promise<void>;
}
