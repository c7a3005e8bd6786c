/**
 * What a change was decided from, where that is somebody else’s: a field of a hash that must hold a value in the same moment; '' is an
 * absent one. Where it does not any more, the change is refused.
 */
export interface Fence {
  /** Under the hash tag of all keys. */
  readonly key: string;
  readonly field: string;
  readonly value: string;
}
