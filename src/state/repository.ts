/**
 * Where Terraform state documents are kept. A document is bytes: it never passes through JSON.parse and back, which
 * would change large numbers. The newest epoch’s write is canonical; a write of an older epoch is quarantined, never
 * refused and never dropped. Everything throws REDIS_UNAVAILABLE while Redis is away, INVALID_INPUT for what is not a
 * node id, and STATE_UNREADABLE for a document that is none or cannot be decrypted.
 */

export interface StateSummary {
  readonly nodeId: string;
  /** The run that wrote it; of an imported document, the last run before the import (0 before the first). */
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

export interface StatePage {
  readonly states: readonly StateSummary[];
  /** Give it back for the next page; absent on the last one. */
  readonly cursor?: string;
}

export interface SaveRequest {
  readonly epoch: number;
  /** Order of the saves within one epoch; a late, older one changes nothing. */
  readonly sequence: number;
  readonly document: Uint8Array;
}
export type SaveResult = 'canonical' | 'quarantined' | 'superseded';

export interface StateRepository {
  /** The canonical document; undefined when the node never had one or it was removed. */
  load(nodeId: string): Promise<StoredState | undefined>;
  /** What is kept beside the canonical document, without unpacking it. */
  summary(nodeId: string): Promise<StateSummary | undefined>;
  /** The same save twice is one. Throws LEASE_LOST for an epoch that the node has not reached. */
  save(nodeId: string, request: SaveRequest): Promise<SaveResult>;
  /** Summaries of nodes that have a canonical document, in the order of their ids. `limit` 1–1000, default 100. */
  list(page?: { readonly cursor?: string; readonly limit?: number }): Promise<StatePage>;
  /** Earlier documents, newest first: the last one of each earlier run. */
  versions(nodeId: string): Promise<readonly StateSummary[]>;
  loadVersion(nodeId: string, epoch: number): Promise<StoredState | undefined>;
  /** Of one node by epoch, or of all by time; with a limit (1–1000) only the oldest of all. */
  quarantined(nodeId?: string, limit?: number): Promise<readonly StateSummary[]>;
  loadQuarantined(nodeId: string, epoch: number): Promise<StoredState | undefined>;
  /**
   * Ends a quarantine entry whose resources are gone or owned. With the `sha256` of the document that was looked at, an
   * entry that was replaced meanwhile stays. False when there is no such entry.
   */
  closeQuarantine(nodeId: string, epoch: number, sha256?: string): Promise<boolean>;
  /**
   * Replaces the canonical document under a fence: the operator’s import. Later saves of the same epoch are quarantined.
   * Throws LEASE_HELD while a worker is at the node, UNKNOWN_NODE, and WRONG_STATE for a destroyed one.
   */
  replace(nodeId: string, document: Uint8Array): Promise<StateSummary>;
  /**
   * Removes document, versions and configuration of a node whose state holds nothing any more; refuses (false) when the
   * epoch is stale. Throws NOT_EMPTY when the canonical document holds resources.
   */
  remove(nodeId: string, epoch: number): Promise<boolean>;
  /**
   * Keeps the configuration (text of cdk.tf.json) that is about to be applied, so that the node can be destroyed when its
   * stack is gone. False when the epoch is stale.
   */
  saveConfiguration(nodeId: string, epoch: number, text: string): Promise<boolean>;
  loadConfiguration(nodeId: string): Promise<string | undefined>;
}
