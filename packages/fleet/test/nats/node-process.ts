/** A node in a process of its own, for tests that kill or freeze it: `node-process.ts URL NAME FLOWS`. */
import { createApp } from '@conntrack/api';
import { ConntrackTable, MemorySource } from '@conntrack/table';
import { startAgent } from '../../src/nats/index.js';
import { flows, TOKEN, tokenOf } from './data.js';

const [servers = '', node = '', count = '0'] = process.argv.slice(2);
const table = new ConntrackTable(new MemorySource(flows(Number(count))));
const app = createApp({ table, auth: { tokens: [tokenOf('tester', TOKEN)] } });
startAgent({
  ...{ servers, node, fleet: 'edge', version: '1.0.0', interval: 200 },
  fetch: request => app.fetch(request),
  report: ({ type }) => console.log(type),
});
