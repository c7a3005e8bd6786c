import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { NODE_STATES } from '../../src/node/lifecycle.js';
import { parseInput } from '../../src/node/problems.js';
import { NODE_EVENT_TYPES, type NodeEvent } from '../../src/node/record.js';
import { matches } from '../../src/webhooks/filter.js';
import { type WebhookFilter, webhookFilterSchema } from '../../src/webhooks/webhook.js';

type Filtered = Pick<NodeEvent, 'type' | 'to' | 'group' | 'role'>;

const names = ['web', 'media', 'ci'];
const some = <T>(words: readonly T[]) => fc.uniqueArray(fc.constantFrom(...words), { minLength: 1 });
const filters: fc.Arbitrary<WebhookFilter> = fc.record(
  {
    types: some(NODE_EVENT_TYPES),
    states: some(NODE_STATES),
    groups: some(names),
    roles: some(names),
  },
  { requiredKeys: [] },
);
const events: fc.Arbitrary<Filtered> = fc.record(
  {
    type: fc.constantFrom(...NODE_EVENT_TYPES),
    to: fc.constantFrom(...NODE_STATES),
    group: fc.constantFrom(...names),
    role: fc.constantFrom(...names),
  },
  { requiredKeys: ['type', 'group', 'role'] },
);

/** The words of the documentation, one after another. */
function asDocumented(filter: WebhookFilter, event: Filtered): boolean {
  if (filter.types !== undefined && !filter.types.some((type) => type === event.type)) return false;
  if (filter.states !== undefined && event.to === undefined) return false;
  if (filter.states !== undefined && !filter.states.some((state) => state === event.to)) return false;
  if (filter.groups !== undefined && !filter.groups.some((group) => group === event.group)) return false;
  return filter.roles === undefined || filter.roles.some((role) => role === event.role);
}

describe('a filter', () => {
  it('matches what its documentation says, for every filter and every event', () => {
    fc.assert(
      fc.property(filters, events, (filter, event) => {
        expect(matches(filter, event)).toBe(asDocumented(filter, event));
      }),
      { numRuns: 2_000 },
    );
  });

  it('of nothing matches everything', () => {
    fc.assert(fc.property(events, (event) => matches({}, event)));
  });

  it('with one more field never matches more, and with one more word never less', () => {
    fc.assert(
      fc.property(filters, filters, events, (one, other, event) => {
        if (matches({ ...one, ...other }, event)) expect(matches(other, event)).toBe(true);
        const wider = Object.fromEntries(
          Object.entries(one).map(([field, words]) => [
            field,
            [...new Set([...words, ...(other[field as keyof WebhookFilter] ?? [])])],
          ]),
        ) as WebhookFilter;
        if (matches(one, event)) expect(matches(wider, event)).toBe(true);
      }),
    );
  });

  it.each([
    [{ states: [] }, 'states'],
    [{ states: ['BROKEN'] }, 'states[0]'],
    [{ types: ['moved'] }, 'types[0]'],
    [{ groups: ['a:b'] }, 'groups[0]'],
    [{ roles: 'edge' }, 'roles'],
    [{ state: ['FAILED'] }, 'state'],
  ])('like %j is refused, with the field named', (filter, field) => {
    expect(() => parseInput(webhookFilterSchema, filter)).toThrow(
      expect.objectContaining({ code: 'INVALID_INPUT', field }),
    );
  });
});
