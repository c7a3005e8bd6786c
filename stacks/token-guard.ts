/**
 * The CDK keeps every token that was ever made in one global map, about 47 KB for each synthesis, for ever
 * (`cdktf/lib/tokens/private/token-map.js`). What a synthesis added is of no use after it.
 */

interface TokenMaps {
  readonly stringTokenMap: Map<unknown, unknown>;
  readonly numberTokenMap: Map<unknown, unknown>;
}

/** Runs a synthesis and drops the tokens that it added, also when it throws. The synthesis must be synchronous. */
export function withTokenGuard<T>(synthesis: () => T): T {
  const maps = tokenMaps();
  const before = maps.map((map) => map.size);
  try {
    return synthesis();
  } finally {
    maps.forEach((map, index) => {
      dropAfter(map, before[index] ?? 0);
    });
  }
}

/** How many tokens the CDK holds; 0 before it has made its map. */
export const heldTokens = (): number => tokenMaps().reduce((sum, map) => sum + map.size, 0);

function tokenMaps(): Map<unknown, unknown>[] {
  const held = (globalThis as { __cdktfTokenMap?: Partial<TokenMaps> }).__cdktfTokenMap;
  return [held?.stringTokenMap, held?.numberTokenMap].filter((map) => map instanceof Map);
}

/** A map keeps the order of insertion, so what is new stands at its end. */
function dropAfter(map: Map<unknown, unknown>, kept: number): void {
  let position = 0;
  for (const key of map.keys()) {
    if (position >= kept) map.delete(key);
    position += 1;
  }
}
