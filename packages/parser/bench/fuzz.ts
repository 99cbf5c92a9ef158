// Feeds broken text to the readers: lines of the corpus with bytes changed, removed, doubled, cut or joined, and words in any order. Every
// input must give flows (that can be written) or a ParseError, in linear time. `fuzz [INPUTS] [SEED]`.
import { readdirSync, readFileSync } from 'node:fs';
import { type FlowFormat, ParseError, parseEventText, parseText } from '../src/all.js';
import { captureRecords } from '../src/capture.js';
import { formatExpectation, parseExpectationText } from '../src/expectations.js';
import { formatFlow } from '../src/format.js';
import { parseProcStats, parseStats } from '../src/stats.js';
import { random } from './sample.js';

const inputs = Number(process.argv[2] ?? 1_000_000);
const seed = Number(process.argv[3] ?? 1);
const next = random(seed);
const below = (count: number): number => Math.floor(next() * count);

const corpus = new URL('../test/corpus/', import.meta.url);
const lines: string[] = [];
for (const folder of ['recorded/', 'kept/', 'captures/'])
  for (const name of readdirSync(new URL(folder, corpus)))
    lines.push(...readFileSync(new URL(folder + name, corpus), 'utf8').split('\n'));
const known = [...new Set(lines.filter(line => line !== ''))];
const words = [...new Set(known.flatMap(line => line.split(/(?<=[ =<>])/)))];
const encoder = new TextEncoder();
const bytesOf = known.map(line => encoder.encode(line));

function mutate(bytes: Uint8Array): Uint8Array {
  let copy = Uint8Array.from(bytes);
  for (let times = below(4); times > 0 && copy.length > 0; times--) {
    const at = below(copy.length);
    switch (below(6)) {
      case 0:
        copy[at] = below(256);
        break;
      case 1:
        copy[at] = ' =[]<>"{}.:0123456789\n\t\r-'.charCodeAt(below(25));
        break;
      case 2:
        copy = copy.slice(0, at);
        break;
      case 3:
        copy = Uint8Array.of(...copy.subarray(0, at), ...copy.subarray(at + 1 + below(8)));
        break;
      case 4: {
        const end = Math.min(copy.length, at + below(40));
        copy = Uint8Array.of(...copy.subarray(0, end), ...copy.subarray(at));
        break;
      }
      default: {
        const word = encoder.encode(words[below(words.length)]);
        copy = Uint8Array.of(...copy.subarray(0, at), ...word, ...copy.subarray(at));
      }
    }
  }
  return copy;
}

function input(): Uint8Array {
  const kind = next();
  if (kind < 0.85) return mutate(bytesOf[below(bytesOf.length)]!);
  if (kind < 0.95) {
    let text = '';
    for (let count = below(20); count >= 0; count--) text += words[below(words.length)]!;
    return encoder.encode(text);
  }
  const noise = new Uint8Array(below(200));
  for (let i = 0; i < noise.length; i++) noise[i] = below(256);
  return noise;
}

const FORMATS: (FlowFormat | undefined)[] = [
  undefined,
  undefined,
  undefined,
  undefined,
  undefined,
  'conntrack',
  'save',
  'xml',
  'ndjson',
];
const WRITTEN: FlowFormat[] = ['proc', 'conntrack', 'save', 'xml', 'ndjson'];
const counts = { flows: 0, errors: 0, slowest: 0 };

async function feed(bytes: Uint8Array): Promise<void> {
  const format = FORMATS[below(FORMATS.length)];
  const reader = below(12);
  try {
    if (reader < 7)
      for (const flow of parseText(bytes, { format })) {
        counts.flows++;
        formatFlow(flow, {
          format: WRITTEN[below(WRITTEN.length)]!,
          extended: true,
          id: true,
          ktimestamp: true,
          labels: true,
        });
      }
    else if (reader === 7) counts.flows += parseEventText(bytes, { format }).length;
    else if (reader === 8)
      for (const one of parseExpectationText(bytes)) {
        counts.flows++;
        formatExpectation(one, { format: next() < 0.5 ? 'expectations' : 'xml' });
      }
    else if (reader >= 10)
      for await (const records of captureRecords(bytes, { mode: reader === 10 ? 'strict' : 'tolerant' }))
        counts.flows += records.length;
    else (next() < 0.5 ? parseStats : parseProcStats)(new TextDecoder().decode(bytes));
  } catch (error) {
    if (!(error instanceof ParseError)) throw error;
    counts.errors++;
  }
}

const began = performance.now();
for (let i = 0; i < inputs; i++) {
  const bytes = input();
  const start = performance.now();
  try {
    await feed(bytes);
  } catch (error) {
    console.error(`input ${i} of seed ${seed}: ${JSON.stringify(new TextDecoder().decode(bytes))}`);
    throw error;
  }
  counts.slowest = Math.max(counts.slowest, performance.now() - start);
}
const seconds = (performance.now() - began) / 1000;
console.log(
  `${inputs} inputs, seed ${seed}: ${counts.flows} records, ${counts.errors} typed errors, nothing else; slowest ${counts.slowest.toFixed(1)} ms, ${seconds.toFixed(0)} s in all`,
);
