import { encodeKey } from '@conntrack/flow';
import { expect, test } from 'vitest';
import { ConntrackTable, MemorySource } from '../../src/index.js';
import { refuseNode } from '../../src/source/require-connection.js';
import { filter, tcpFlow } from '../flows.js';

const table = new ConntrackTable(new MemorySource([tcpFlow(1)]));

test('a filter, an order and a ranking by node are refused where there is one host', async () => {
  const why = 'node names a host of a fleet, and this table is of one host';
  await expect(table.count({ filter: filter('node=gw-7') })).rejects.toThrow(why);
  await expect(table.page({ sort: [{ field: 'node' }], limit: 1 })).rejects.toThrow(why);
  await expect(table.top({ by: 'node' })).rejects.toThrow(why);
  await expect(table.plan(filter('node!=gw-7'), 'delete')).rejects.toThrow(why);
});

test('the key of a fleet finds no flow of one host, although the host has the flow', async () => {
  const [flow] = (await table.page({ limit: 1 })).items;
  expect((await table.get(flow!.key!)).id).toBe(flow!.id);
  const { family, protonum, original, id } = flow!;
  const { packets: _, bytes: __, ...tuple } = original;
  const key = encodeKey({ family, protonum, original: tuple, id: id!, node: 'gw-7' });
  await expect(table.get(key)).rejects.toThrow("it names the node 'gw-7' of a fleet");
  await expect(table.delete(key)).rejects.toThrow("it names the node 'gw-7' of a fleet");
});

test('the kernel of one host refuses a flow that a fleet listed', () => {
  const kernel = { info: { kind: 'kernel', name: 'kernel', writable: true } } as const;
  expect(() => refuseNode(kernel, { ...tcpFlow(1), node: 'gw-7' })).toThrow(
    "the flow is one of the node 'gw-7' of a fleet, and kernel is the table of one host",
  );
  expect(() => refuseNode(kernel, tcpFlow(1))).not.toThrow();
});
