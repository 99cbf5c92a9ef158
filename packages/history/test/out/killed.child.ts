// Writes rows as fast as it can, until it is killed. Prints the number of the last row that is on disk.
import { NdjsonFiles } from '../../src/out/ndjson/ndjson-files.js';
import { batchOf } from '../records.js';
import { SNAT } from './flows.js';

const files = await NdjsonFiles.open(process.argv[2]!, { maxBytes: 1_000_000 });
for (let id = Number(process.argv[3]); ; id += 100) {
  files.write(
    batchOf(Array.from({ length: 100 }, (_, i) => ({ kind: 'end' as const, flow: { ...SNAT, id: id + i } }))),
  );
  await files.flush();
  process.stdout.write(`${id + 99}\n`);
}
