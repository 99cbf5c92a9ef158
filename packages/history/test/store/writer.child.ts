// Records rows into a folder until it is killed. Prints the number of the last row that is on the disk.
import { HistoryStore } from '../../src/store/history-store.js';
import { batchOf } from '../records.js';
import { ended, KEEP } from '../rows.js';

const [, , folder, first] = process.argv;
const store = await HistoryStore.open({ ...KEEP, folder: folder! });
for (let next = Number(first); ; ) {
  const now = Date.now();
  const rows = Array.from({ length: 100 }, (_, i) => ended(next + i, now - 1000, now));
  store.write(batchOf(rows));
  next += rows.length;
  await store.flush();
  process.stdout.write(`${next - 1}\n`);
}
