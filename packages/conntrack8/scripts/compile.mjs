// Opt-in (pnpm run compile), for an image that ships its own Node: lets V8 compile what a start runs, and leaves that beside dist/process.cjs
// (src/compiled.ts). It is of use to the very Node that ran this script alone. Nothing is changed: the runs read, or are refused before the kernel is asked.
import { readdirSync, rmSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { compiledName, exportsOf, scriptOf } from '../dist/compiled.js';

const dist = fileURLToPath(new URL('../dist/', import.meta.url));
const file = `${dist}process.cjs`;

/** What is run so that it gets compiled: a tuple without the timeout that a creation needs, and a count. */
const RUNS = ['-V', '-I -p udp -s 192.0.2.1 -d 198.51.100.1 --sport 1 --dport 2', '-C'];

for (const name of readdirSync(dist)) if (name.startsWith('process.cjs.v8-')) rmSync(dist + name);
const script = scriptOf(file);
const { conntrack8Process } = exportsOf(script, file);
for (const run of RUNS) {
  process.argv.splice(2, Infinity, ...run.split(' '));
  await conntrack8Process({ name: 'conntrack', version: '', title: 'conntrack' });
}
writeFileSync(compiledName(file), script.createCachedData());
process.exitCode = 0;
