import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { serve } from '@conntrack/api';
import { expect, test } from 'vitest';
import { SrvInventory } from '../src/file/srv.js';
import { Fleet, openFleetFile } from '../src/index.js';
import { failing, flows, tableOf } from './support.js';

const folder = mkdtempSync(join(tmpdir(), 'fleet-'));

function file(text: string): string {
  const path = join(folder, 'edge.yaml');
  writeFileSync(path, text);
  return path;
}

test('a file names the nodes, their tags and their tokens, and a replaced token is used for the next request', async context => {
  const servers = await Promise.all(
    [3, 4].map((count, i) =>
      serve({ table: tableOf(flows(count)), listen: '127.0.0.1:0', adminToken: `admin-token-of-the-node-${i}-0123` }),
    ),
  );
  context.onTestFinished(async () => void (await Promise.all(servers.map(server => server.close()))));
  const tokenFile = join(folder, 'gw-2.token');
  writeFileSync(tokenFile, 'not-the-token-of-this-node-0123');
  const path = file(
    `
defaults: { token: admin-token-of-the-node-0-0123 }
nodes:
  - { name: gw-1, url: '${servers[0]!.url}', tags: [edge] }
  - { name: gw-2, url: '${servers[1]!.url}', tags: [edge, lab], token: null, tokenFile: gw-2.token }
`.replace('token: null, ', ''),
  );
  // A node with its own tokenFile does not inherit the token of the defaults.
  const fleet = new Fleet({ inventory: await openFleetFile(path) });
  expect(await fleet.count()).toBe(3);
  expect(fleet.meta().failed).toMatchObject([{ node: 'gw-2', code: 'unauthenticated' }]);
  writeFileSync(tokenFile, 'admin-token-of-the-node-1-0123\n');
  expect(await fleet.forRequest('again').count()).toBe(7);
  expect(await new Fleet({ inventory: await openFleetFile(path), tags: ['lab'] }).count()).toBe(4);
});

test.each([
  ['nodes: []', 'nodes: must be a list with at least one node'],
  ['node: []', "the fleet file: unknown setting 'node'. Known settings: nodes, srv, defaults"],
  ['nodes: [{ name: gw-1 }]', "nodes[0]: must have 'name' and 'url'"],
  ['nodes: [{ name: GW, url: "http://a" }]', 'invalid node name "GW"'],
  ['nodes: [{ name: a, url: "http://a" }, { name: a, url: "http://b" }]', "two nodes have the name 'a'"],
  ['nodes: [{ name: a, url: "http://a", tokn: x }]', "nodes[0]: unknown setting 'tokn'"],
  ['nodes: [{ name: a, url: "http://a", tokenFile: missing }]', 'cannot read the token file'],
  ['nodes: [{ name: a, url: "a:1" }]', 'is not an http or https URL'],
  ['nodes: [', 'edge.yaml: '],
])('a fault of a fleet file is said with its place: %s', async (text, message) => {
  expect((await failing(openFleetFile(file(text)))).message).toContain(message);
});

test('the nodes of a DNS SRV record are followed, and a failed look-up does not empty the fleet', async () => {
  let hosts = [
    { name: 'gw-1.edge.example.', port: 4680 },
    { name: 'gw-2.edge.example', port: 4681 },
  ];
  const inventory = await SrvInventory.open({ name: '_conntrack._tcp.edge.example', access: {} }, async () => hosts);
  const [one] = inventory.members();
  expect(inventory.members().map(({ id, table }) => [id, table.source.name])).toEqual([
    ['gw-1', 'https://gw-1.edge.example:4680'],
    ['gw-2', 'https://gw-2.edge.example:4681'],
  ]);
  let changes = 0;
  inventory.onChange(() => changes++);
  await inventory.refresh();
  expect(changes).toBe(0);
  hosts = hosts.slice(0, 1);
  await inventory.refresh();
  expect([changes, inventory.members()]).toEqual([1, [one]]);
  hosts = [];
  await expect(inventory.refresh()).rejects.toThrow('the record has no hosts');
  expect(inventory.members()).toEqual([one]);
  inventory.close();
});
