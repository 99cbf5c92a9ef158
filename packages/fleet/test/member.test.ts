import { expect, test } from 'vitest';
import { remoteMember } from '../src/index.js';

const refused = ['', 'GW-1', 'gw.1', '-gw', 'gw-', 'gw 1', 'gw*', 'a'.repeat(64)];

test.each(refused)('the node name %j is refused', id => {
  expect(() => remoteMember({ id, url: 'http://127.0.0.1:4680' })).toThrow(/invalid node name .*lower-case/);
});

test('a remote member sends the requests of its table with its fetch and its token', async () => {
  const asked: Request[] = [];
  const { table } = remoteMember({
    id: 'gw-7',
    url: 'http://gw-7',
    token: 'secret',
    fetch: async (input, init) => {
      asked.push(new Request(input, init));
      return Response.json({ count: 3 });
    },
  });
  expect(await table.count()).toBe(3);
  expect(asked.map(({ url, headers }) => [url, headers.get('authorization')])).toEqual([
    ['http://gw-7/conntrack/count', 'Bearer secret'],
  ]);
});
