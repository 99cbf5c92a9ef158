import { once } from 'node:events';
import { connect } from 'node:net';
import { ConntrackTable, MemorySource } from '@conntrack/table';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { JsonBounds } from '../../src/http/body/json-bounds.js';
import { serve } from '../../src/index.js';
import { tcpFlow } from '../flows.js';
import { TOKEN, tableOf, testApp } from '../support.js';

const LIMITS = { depth: 3, members: 4, elements: 4, total: 10 };

/** The fault of a text that arrives in pieces of `size` bytes. */
function faultOf(text: string, piece = text.length): string | undefined {
  const bounds = new JsonBounds(LIMITS);
  const bytes = Buffer.from(text);
  try {
    for (let at = 0; at < bytes.length; at += piece) bounds.add(bytes.subarray(at, at + piece));
    return undefined;
  } catch (error) {
    return (error as Error).message;
  }
}

test.each([
  ['[[[]]]', undefined],
  ['[[[[', 'the body nests deeper than 3 levels, the maximum'],
  ['{"a":[{"b":{', 'the body nests deeper than 3 levels, the maximum'],
  ['[[],[],[],[]]', undefined],
  ['[1,2,3,4]', undefined],
  ['[1,2,3,4,', 'an array in the body has more than 4 elements, the maximum'],
  ['[[1,2,3],[1,2,3],[1,2,3],1]', undefined],
  ['[[1],2,3,4,', 'an array in the body has more than 4 elements, the maximum'],
  ['{"a":1,"b":2,"c":3,"d":4}', undefined],
  ['{"a":1,"b":2,"c":3,"d":4,"e":', 'an object in the body has more than 4 members, the maximum'],
  ['{"a":{"a":1,"b":2,"c":3,"d":4},"b":', undefined],
  ['[{"a":1,"b":2,"c":3,"d":4},{"a":1,"b":2,"c":3,"d":4},{"a":1,"b":2}]', undefined],
  [
    '[{"a":1,"b":2,"c":3,"d":4},{"a":1,"b":2,"c":3,"d":4},{"a":1,"b":2,"c":',
    'the body has more than 10 members, the maximum',
  ],
  [String.raw`["[[[[,,,,,:\"[[[[\\",1,"{{{{"]`, undefined],
  [String.raw`["\\",[[[`, 'the body nests deeper than 3 levels, the maximum'],
  ['}}]],,::"a":1,2,3,4,5,6', undefined],
])('the limits of JSON apply in whatever pieces it arrives: %s', (text, fault) => {
  for (let piece = 1; piece <= text.length; piece++) expect([piece, faultOf(text, piece)]).toEqual([piece, fault]);
});

/** The depth of a parsed value, and the largest numbers of members and elements. */
function measure(value: unknown): { depth: number; members: number; elements: number; total: number } {
  if (typeof value !== 'object' || value === null) return { depth: 0, members: 0, elements: 0, total: 0 };
  const below = Object.values(value).map(measure);
  const most = (name: 'depth' | 'members' | 'elements'): number => Math.max(0, ...below.map(each => each[name]));
  const own = below.length;
  return {
    depth: 1 + most('depth'),
    members: Math.max(Array.isArray(value) ? 0 : own, most('members')),
    elements: Math.max(Array.isArray(value) ? own : 0, most('elements')),
    total: (Array.isArray(value) ? 0 : own) + below.reduce((sum, { total }) => sum + total, 0),
  };
}

test('JSON is rejected where its value exceeds a limit, and nowhere else', () => {
  fc.assert(
    fc.property(fc.json({ maxDepth: 5 }), fc.integer({ min: 1, max: 40 }), (text, piece) => {
      const { depth, members, elements, total } = measure(JSON.parse(text));
      const exceeds =
        depth > LIMITS.depth || members > LIMITS.members || elements > LIMITS.elements || total > LIMITS.total;
      expect(faultOf(text, piece) !== undefined).toBe(exceeds);
    }),
    { numRuns: 1000 },
  );
});

test('a body that exceeds the limits of JSON is rejected before it has arrived', async () => {
  const table = new ConntrackTable(new MemorySource());
  await using server = await serve({ table, listen: '127.0.0.1:0', adminToken: TOKEN, grace: 100 });
  const socket = connect(Number(new URL(server.url).port), '127.0.0.1');
  const head = [
    'POST /conntrack HTTP/1.1',
    'Host: 127.0.0.1',
    `Authorization: Bearer ${TOKEN}`,
    // A parameter of the content type, and spaces around it, do not bypass the limits.
    'Content-Type: Application/JSON\t; charset=utf-8',
    'Content-Length: 500000',
  ];
  socket.write(`${head.join('\r\n')}\r\n\r\n${'['.repeat(1000)}`);
  const [answer] = (await once(socket, 'data')) as [Buffer];
  socket.destroy();
  expect(answer.toString()).toMatch(/^HTTP\/1.1 400 .*nests deeper than 64 levels/s);
});

test('the body of a restore has no JSON limits, even with an Idempotency-Key', async () => {
  const text = Array.from({ length: 2400 }, (_, n) => JSON.stringify(tcpFlow(n))).join('\n');
  expect(() => new JsonBounds().add(Buffer.from(text))).toThrow('members');
  const response = await testApp({ table: tableOf([]) }).request('/conntrack/restore?dryRun=true', {
    method: 'POST',
    body: text,
    headers: { 'content-type': 'application/json', 'idempotency-key': 'one' },
  });
  expect([response.status, await response.json()]).toMatchObject([200, { read: 2400, badLines: 0 }]);
});
