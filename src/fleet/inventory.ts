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
  /** How long (ms) the list may go on without what a call has made; 0 where it never does. */
  readonly settleMs: number;
  /**
   * Everything in this place that bears a mark of this fleet, or what bears that of one node. Throws where the place cannot
   * say, never answers a part.
   */
  list(of?: { readonly nodeId: string }): Promise<readonly InventoryItem[]>;
  /** Destroys exactly this; gone already is success. Throws DEPENDENCY where something else has to go first. */
  destroy(item: InventoryItem): Promise<void>;
}

/** What it takes to ask in a place again, besides its name: texts by name, as Redis keeps them. No secrets: they stand there in the clear. */
export type PlaceDetails = Readonly<Record<string, string>>;

/** A place whose name alone does not say how it is asked. The same name must always have the same details. */
export interface DetailedPlace {
  readonly name: string;
  readonly details: PlaceDetails;
}

/** What an inventory is opened with. */
export interface InventoryContext {
  /** The id of this fleet, which every mark bears: another fleet in the same account is none of ours. */
  readonly fleet: string;
  /** Where the worker itself keeps things; absolute. */
  readonly dataDir: string;
  /** One directory per local node; absolute. */
  readonly nodes: string;
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** How the stack of a node finds what it made. */
export interface InventorySource<Inputs> {
  /**
   * Where the node’s resources live, in lower-case letters, digits and `-`: a region. Undefined where nobody can ask: an answer of
   * another place would be a wrong one.
   */
  place(inputs: Inputs): string | DetailedPlace | undefined;
  /** Places that are asked although no node is known to have been there: those that cost nothing to ask. */
  readonly always?: readonly string[];
  /** Called once for a place, and again after it has thrown. `details` are empty where the place was a name alone. */
  open(place: string, context: InventoryContext, details: PlaceDetails): Promise<Inventory>;
}
