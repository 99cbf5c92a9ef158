// Part of the build: lets V8 compile what a start of conntrack(8) runs, and leaves that beside dist/conntrack8.cjs (src/compiled.ts).
import { spawnSync } from 'node:child_process';
import { readdirSync, rmSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { compiledName, exportsOf, scriptOf } from '../dist/compiled.js';

const dist = fileURLToPath(new URL('../dist/', import.meta.url));
const file = `${dist}conntrack8.cjs`;
const self = fileURLToPath(import.meta.url);
/** A network namespace of its own: what is created there is nobody's. */
const APART = ['unshare', '-Urn'];

const TUPLE = '-p udp -s 192.0.2.1 -d 198.51.100.1 --sport 1 --dport 2';
/** What is run so that it gets compiled; without a private namespace only what changes nothing. */
const RUNS = {
  apart: [`-I ${TUPLE} -t 9`, '-C'],
  here: ['-V', `-I ${TUPLE}`],
};

async function compile(runs) {
  const script = scriptOf(file);
  const { conntrack8Process } = exportsOf(script, file);
  for (const run of runs) {
    process.argv.splice(2, Infinity, ...run.split(' '));
    await conntrack8Process({ name: 'conntrack', version: '', title: 'conntrack' });
  }
  writeFileSync(compiledName(file), script.createCachedData());
  process.exitCode = 0;
}

if (process.argv[2] === undefined) {
  for (const name of readdirSync(dist)) if (name.startsWith('conntrack8.cjs.v8-')) rmSync(dist + name);
  const possible = spawnSync(APART[0], [...APART.slice(1), 'true'], { stdio: 'ignore' }).status === 0;
  const words = [...(possible ? APART : []), process.execPath, self, possible ? 'apart' : 'here'];
  const { status } = spawnSync(words[0], words.slice(1), {
    stdio: ['ignore', 'ignore', 'inherit'],
    env: { PATH: process.env.PATH },
  });
  process.exitCode = status ?? 1;
} else await compile(RUNS[process.argv[2]]);
