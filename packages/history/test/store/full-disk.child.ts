// Fills /mnt, which is small, with rows; makes room; and prints what the store did.
import { rmSync, writeFileSync } from 'node:fs';
import { History } from '../../src/query/history.js';
import { HistoryStore } from '../../src/store/history-store.js';
import { batchOf } from '../records.js';
import { ended, KEEP } from '../rows.js';

const folder = '/mnt/history';
const logs: string[] = [];
writeFileSync('/mnt/ballast', Buffer.alloc(2 * 2 ** 20));
const store = await HistoryStore.open({ ...KEEP, folder, onLog: message => logs.push(message) });
const now = Date.now();
let next = 0;
const write = async (): Promise<void> => {
  store.write(batchOf(Array.from({ length: 1000 }, (_, i) => ended(next + i, now - 1000, now))));
  next += 1000;
  await store.flush();
};
while (store.stats.state === 'writing') await write();
const failing = store.stats;
for (let i = 0; i < 3; i++) await write();
rmSync('/mnt/ballast');
await store.flush();
const recovered = store.stats.state;
await write();
const { written, dropped } = store.stats;
const history = await History.open(folder);
const table = history.table({ from: now - 1000, to: Date.now() });
const found = await table.count();
const gaps = table.certainty.gaps.filter(({ cause }) => cause === 'disk');
await history.close();
await store.close();
console.log(JSON.stringify({ failing, recovered, written, dropped, found, gaps, logs }));
