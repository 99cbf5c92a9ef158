import { FlowObjectCursor } from '@conntrack/flow';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { RowKeys } from '../../src/read/row-keys.js';
import { rowOrder } from '../../src/read/sort.js';
import { tcpFlow } from '../flows.js';

const FIELDS = ['bytes', 'src', 'state', 'mark', 'timeout', 'reply.src'];
const flows = fc.array(
  fc.record({
    n: fc.integer({ min: 1, max: 500 }),
    mark: fc.option(fc.constantFrom(0, 1, 2 ** 31, 2 ** 32 - 1), { nil: undefined }),
    bytes: fc.option(fc.constantFrom(0, 1, 2 ** 32, 2 ** 53 - 1), { nil: undefined }),
    src: fc.constantFrom('10.0.0.1', '10.0.0.2', '192.0.2.1', '2001:db8::1', '2001:db8:1::', '::'),
  }),
  { maxLength: 60 },
);
const terms = fc.uniqueArray(fc.record({ field: fc.constantFrom(...FIELDS), descending: fc.boolean() }), {
  maxLength: 4,
  selector: ({ field }) => field,
});

it('rows sorted by the words of their keys are in the order that a page of a list has', async () => {
  await fc.assert(
    fc.asyncProperty(flows, terms, async (made, sort) => {
      const order = rowOrder(sort);
      const keys = new RowKeys(sort);
      const cursor = new FlowObjectCursor();
      const expected = made.map(({ n, mark, bytes, src }, id) => {
        const { mark: _, ...flow } = tcpFlow(n, { id });
        const original = { ...flow.original, src };
        delete original.bytes;
        const reply = { ...flow.reply };
        delete reply.bytes;
        cursor.move({
          ...flow,
          ...(mark !== undefined && { mark }),
          original: { ...original, ...(bytes !== undefined && { bytes }) },
          reply,
        });
        keys.add(cursor);
        return order.key(cursor, 0);
      });
      const found = await keys.order(async () => {});
      const wanted = expected
        .map((key, at) => ({ key, at }))
        .sort((one, other) => order.compare(one.key, other.key))
        .map(({ at }) => at);
      expect([...found]).toEqual(wanted);
    }),
  );
});

it('sorting many rows pauses after each part of the work', async () => {
  const keys = new RowKeys([{ field: 'mark' }]);
  const cursor = new FlowObjectCursor();
  const flow = tcpFlow(1);
  for (let id = 0; id < 200_000; id++) keys.add(cursor.move({ ...flow, id, mark: (id * 7919) % 100_003 }));
  let pauses = 0;
  let longest = 0;
  let last = performance.now();
  const order = await keys.order(async () => {
    pauses++;
    longest = Math.max(longest, performance.now() - last);
    last = performance.now();
  });
  expect(order).toHaveLength(200_000);
  // Four parts for each digit that differs: two digits of the id and of the mark each.
  expect(pauses).toBeGreaterThanOrEqual(16);
});
