/** Nodes chosen by filter, page by page: there may be a hundred thousand of them. */
import type { NodeRecord } from '../node/record.js';
import type { NodeFilter, NodePage, NodeStore } from '../store/store.js';

const PAGE = 1_000;

/** Every page up to `limit` nodes. */
export async function* pages(
  store: Pick<NodeStore, 'list'>,
  filter: NodeFilter,
  { limit = Number.POSITIVE_INFINITY, cursor: first }: { limit?: number; cursor?: string } = {},
): AsyncGenerator<NodePage> {
  let cursor = first;
  let left = limit;
  do {
    const page = await store.list(filter, {
      limit: Math.min(PAGE, left),
      ...(cursor === undefined ? {} : { cursor }),
    });
    left -= page.nodes.length + (page.unreadable?.length ?? 0);
    cursor = page.cursor;
    yield page;
  } while (cursor !== undefined && left > 0);
}

/** The ids of all nodes that the filter chooses. */
export async function idsOf(
  store: Pick<NodeStore, 'list'>,
  filter: NodeFilter,
  chosen: (node: NodeRecord) => boolean = () => true,
): Promise<string[]> {
  const ids: string[] = [];
  for await (const page of pages(store, filter)) ids.push(...page.nodes.filter(chosen).map(({ id }) => id));
  return ids;
}
