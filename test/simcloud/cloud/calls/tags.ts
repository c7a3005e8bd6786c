/** CreateTags, DeleteTags and DescribeTags, which are the same for every kind of resource. */
import { type Tag, tagsAsMap } from '../../api.js';
import { notFound } from '../errors.js';
import { type CloudRecord, exists } from '../records.js';
import { type CallContext, type Calls, inputOf } from './call.js';

export const tagCalls: Calls = {
  CreateTags(context) {
    const { Resources, Tags } = inputOf<{ Resources: readonly string[]; Tags: readonly Tag[] }>(context);
    for (const record of named(context, Resources)) {
      context.world.put({ ...record, tags: { ...record.tags, ...tagsAsMap(Tags) } });
    }
    return {};
  },

  DeleteTags(context) {
    const { Resources, Tags } = inputOf<{ Resources: readonly string[]; Tags: readonly { Key: string }[] }>(
      context,
    );
    const keys = new Set(Tags.map(({ Key }) => Key));
    for (const record of named(context, Resources)) {
      const tags = Object.fromEntries(Object.entries(record.tags).filter(([key]) => !keys.has(key)));
      context.world.put({ ...record, tags });
    }
    return {};
  },

  DescribeTags(context) {
    const { ResourceId } = inputOf<{ ResourceId: string }>(context);
    const record = context.world.all().find(({ id }) => id === ResourceId);
    const tags = record !== undefined && exists(record, context.world.now) ? record.tags : {};
    return { Tags: Object.entries(tags).map(([Key, Value]) => ({ ResourceId, Key, Value })) };
  },
};

function named({ world, region }: CallContext, ids: readonly string[]): CloudRecord[] {
  return ids.map((id) => {
    const record = world.all().find((candidate) => candidate.id === id && candidate.region === region);
    if (record === undefined || record.visibleAt > world.now || !exists(record, world.now))
      throw notFound(id);
    return record;
  });
}
