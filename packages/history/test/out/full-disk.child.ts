// Runs in a mount namespace whose only writable file system is full soon. Prints what happened as JSON.
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { NdjsonFiles } from '../../src/out/ndjson/ndjson-files.js';
import { batchOf } from '../records.js';
import { SNAT } from './flows.js';

const folder = process.argv[2]!;
// Nothing of the library keeps a process alive.
const alive = setInterval(() => {}, 1000);
const filler = `${folder}/filler`;
writeFileSync(filler, Buffer.alloc(600_000));

const until = async (holds: () => boolean) => {
  while (!holds()) await new Promise(resolve => setTimeout(resolve, 10));
};
let id = 0;
const rows = (count: number) =>
  batchOf(Array.from({ length: count }, () => ({ kind: 'end' as const, flow: { ...SNAT, id: id++ } })));

const sentences: string[] = [];
const files = await NdjsonFiles.open(`${folder}/rows`, { backlog: 300_000 }, sentence => sentences.push(sentence));
files.write(rows(100));
await files.flush();
await until(() => {
  files.write(rows(100));
  return files.dropped > 0 && sentences.some(sentence => sentence.includes('cannot write'));
});
// Whole lines only, also while nothing can be written.
const full = readFileSync(`${folder}/rows/current.ndjson`, 'utf8');
rmSync(filler);
await files.flush();
files.write(rows(1));
await files.close();
clearInterval(alive);
const name = readdirSync(`${folder}/rows`)[0]!;
const lines = readFileSync(`${folder}/rows/${name}`, 'utf8')
  .split('\n')
  .filter(Boolean)
  .map(line => JSON.parse(line));
const ids = lines.flatMap(({ flow }) => (flow === undefined ? [] : [flow.id]));
console.log(
  JSON.stringify({
    wholeLines: full.endsWith('}\n'),
    written: id,
    dropped: files.dropped,
    ids: ids.length,
    distinct: new Set(ids).size,
    gaps: lines.filter(({ type }) => type === 'gap'),
    sentences,
  }),
);
