// A built server with an empty table in memory, in a process of its own. For benchmarks of the work before the table is
// used.
import { boundHeapGrowth, serve } from '@conntrack/api';
import { ConntrackTable, MemorySource } from '@conntrack/table';

boundHeapGrowth();
const table = new ConntrackTable(new MemorySource());
const server = await serve({ table, listen: '127.0.0.1:0', adminToken: process.argv[2] });
process.send({ port: Number(new URL(server.url).port) });
process.on('disconnect', () => process.exit(0));
