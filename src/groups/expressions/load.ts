/** What an expression sees of a node: the load that it has reported (src/heartbeat/load.ts). What is absent is not known. */
export interface Load {
  readonly connections?: number | undefined;
  readonly publishers?: number | undefined;
  readonly subscribers?: number | undefined;
  readonly metrics?: Readonly<Record<string, number>> | undefined;
}
