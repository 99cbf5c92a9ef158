// Reads and writes 1,000,000 lines of /proc/net/nf_conntrack on one core, and compares this with a straightforward parser on the same lines: rounds of
// all sides in turn, medians. Each run is a process of its own, like a user's program, so that what V8 learns from one side (for example, which
// objects live long) does not affect another. `bench [LINES] [ROUNDS]`.
import { strict as assert } from 'node:assert';
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Flow } from '@conntrack/flow';
import { type FormatOptions, formatFlow } from '../src/format.js';
import { iterateText, parse, parseBatches, parseText } from '../src/index.js';
import { naiveText } from './naive.js';
import { sample } from './sample.js';

const count = Number(process.argv[2] ?? 1_000_000);
const rounds = Number(process.argv[3] ?? 5);
const bytes = sample(count);
const CHUNK = 1 << 16;

async function* chunks(): AsyncGenerator<Uint8Array> {
  for (let from = 0; from < bytes.length; from += CHUNK) yield bytes.subarray(from, from + CHUNK);
}

/** Yields pieces of whole lines as strings, as a straightforward program would read them. */
function* texts(): Generator<string> {
  const decoder = new TextDecoder();
  for (let from = 0; from < bytes.length; ) {
    const stop = bytes.indexOf(10, Math.min(from + CHUNK, bytes.length - 1)) + 1;
    yield decoder.decode(bytes.subarray(from, stop));
    from = stop;
  }
}

const beginning = new TextDecoder().decode(
  bytes.subarray(0, bytes.indexOf(10, Math.min(1 << 20, bytes.length - 1)) + 1),
);
const encoder = new TextEncoder();
const options: FormatOptions = { format: 'proc' };

/** The measured sides: each reads or writes every line and returns the number of lines. */
const sides: Record<string, () => number | Promise<number>> = {
  'read: iterateText (one buffer)': () => {
    let n = 0;
    for (const flow of iterateText(bytes)) n += flow.protonum > 0 ? 1 : 0;
    return n;
  },
  'read: parseBatches (64 KiB chunks)': async () => {
    let n = 0;
    for await (const batch of parseBatches(chunks())) for (const flow of batch) n += flow.protonum > 0 ? 1 : 0;
    return n;
  },
  'read: parse (64 KiB chunks, one by one)': async () => {
    let n = 0;
    for await (const flow of parse(chunks())) n += flow.protonum > 0 ? 1 : 0;
    return n;
  },
  'read: split and regular expressions': () => {
    let n = 0;
    for (const text of texts()) for (const flow of naiveText(text)) n += flow.protonum > 0 ? 1 : 0;
    return n;
  },
  'write: formatFlow to bytes': () => {
    const flows: Flow[] = parseText(beginning);
    let n = 0;
    let text = '';
    let written = 0;
    while (n < count) {
      for (const flow of flows) {
        if (n++ === count) break;
        text += `${formatFlow(flow, options)}\n`;
        if (text.length > CHUNK) {
          written += encoder.encode(text).length;
          text = '';
        }
      }
    }
    assert(written > 0);
    return count;
  },
};

/** Checks that both sides read the same flows; otherwise the comparison would be meaningless. */
function check(): void {
  const ours = parseText(beginning);
  let at = 0;
  for (const flow of naiveText(beginning.replace(/\b0*([\da-f]+:)/g, '$1')))
    if (flow.family === 'ipv4') assert.deepEqual({ ...flow }, { ...ours[at++] });
    else at++;
  for (const flow of ours.slice(0, 10_000)) assert(beginning.includes(`${formatFlow(flow, options)}\n`));
}

/** Returns the CPU seconds of this thread, if Linux gives them (/proc/self/task): the wall clock would also count other load on the machine. */
function seconds(): number {
  try {
    return Number(readFileSync(`/proc/self/task/${process.pid}/schedstat`, 'utf8').split(' ')[0]) / 1e9;
  } catch {
    return performance.now() / 1000;
  }
}

const median = (values: number[]): number => values.sort((a, b) => a - b)[Math.floor(values.length / 2)]!;
function report(times: Record<string, number[]>): void {
  console.log(
    `${count} lines, ${(bytes.length / 1e6).toFixed(0)} MB, medians of ${rounds} rounds (time on the core), Node ${process.version}`,
  );
  for (const [name, values] of Object.entries(times)) {
    const rate = count / median(values);
    const best = count / values[0]!;
    console.log(`${name.padEnd(42)} ${(rate / 1e6).toFixed(2)} M lines/s (best ${(best / 1e6).toFixed(2)})`);
  }
  const ratio =
    median(times['read: split and regular expressions']!) / median(times['read: iterateText (one buffer)']!);
  console.log(`ratio to split and regular expressions: ${ratio.toFixed(1)}`);
}

const [, , , , only] = process.argv;
if (only !== undefined) {
  const from = seconds();
  assert.equal(await sides[only]!(), count);
  console.log(seconds() - from);
} else {
  check();
  const times: Record<string, number[]> = Object.fromEntries(Object.keys(sides).map(name => [name, []]));
  for (let round = 0; round < rounds; round++)
    for (const [name, list] of Object.entries(times)) {
      const argv = [fileURLToPath(import.meta.url), String(count), String(rounds), name];
      const { stdout, status } = spawnSync(process.execPath, argv, {
        encoding: 'utf8',
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      assert.equal(status, 0, name);
      list.push(Number(stdout));
    }
  report(times);
}
