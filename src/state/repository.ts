/**
 * Where Terraform state documents are kept. A document is bytes: it never passes through JSON.parse and back, which
 * would change large numbers. The newest epoch’s write is canonical; a write of an older epoch is quarantined, never
 * refused and never dropped.
 */

export interface StateSummary {
  readonly nodeId: string;
  /** The run that wrote it. */
  readonly epoch: number;
  readonly savedAt: number;
  /** Of the document itself. */
  readonly bytes: number;
  readonly sha256: string;
  /** Managed resource instances in it. */
  readonly resources: number;
}
export interface StoredState extends StateSummary {
  readonly document: Uint8Array;
}

export interface SaveRequest {
  readonly epoch: number;
  /** Order of the saves within one run; a late, older one changes nothing. */
  readonly sequence: number;
  readonly document: Uint8Array;
}
export type SaveResult = 'canonical' | 'quarantined' | 'superseded';

export interface StateRepository {
  /** The canonical document; undefined when the node never had one or it was removed. */
  load(nodeId: string): Promise<StoredState | undefined>;
  save(nodeId: string, request: SaveRequest): Promise<SaveResult>;
  /** Summaries of nodes that have a canonical document, in a stable order. */
  list(page?: {
    readonly cursor?: string;
    readonly limit?: number;
  }): Promise<{ readonly states: readonly StateSummary[]; readonly cursor?: string }>;
  /** Earlier documents, newest first: the last one of each earlier run. */
  versions(nodeId: string): Promise<readonly StateSummary[]>;
  loadVersion(nodeId: string, epoch: number): Promise<StoredState | undefined>;
  quarantined(nodeId?: string): Promise<readonly StateSummary[]>;
  loadQuarantined(nodeId: string, epoch: number): Promise<StoredState | undefined>;
  /** Ends a quarantine entry whose resources are gone or owned. */
  closeQuarantine(nodeId: string, epoch: number): Promise<boolean>;
  /** Replaces the canonical document under a fence: the node must have no live lease. The operator’s import. */
  replace(nodeId: string, document: Uint8Array): Promise<StateSummary>;
  /** Removes document and versions of a node whose state holds nothing any more; refuses (false) when the epoch is stale. */
  remove(nodeId: string, epoch: number): Promise<boolean>;
}
