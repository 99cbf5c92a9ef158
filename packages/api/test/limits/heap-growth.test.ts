import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';

/** Keeps 200,000 objects, creates many short-lived ones, and prints the maximum size of its heap. */
const PROGRAM = `
  import { boundHeapGrowth } from '@conntrack/api';
  if (process.argv[1] === 'bounded') boundHeapGrowth();
  const kept = Array.from({ length: 200_000 }, (_, i) => ({ i, text: 'x' + i }));
  const recent = [];
  let peak = 0;
  for (let n = 0; n < 4000; n++) {
    recent.push(Array.from({ length: 500 }, (_, i) => ({ i, n, list: [i, kept.length] })));
    if (recent.length > 150) recent.shift();
    peak = Math.max(peak, process.memoryUsage().heapTotal);
    if (n % 4 === 0) await new Promise(resolve => setImmediate(resolve));
  }
  console.log(peak);
`;

/** Receives bodies whose bytes are needed briefly, and prints the maximum of their bytes in memory. */
const BODIES = `
  import { boundHeapGrowth, countBodyGarbage } from '${new URL('../../src/limits/heap-growth.ts', import.meta.url)}';
  if (process.argv[1] === 'bounded') boundHeapGrowth();
  let peak = 0;
  for (let n = 0; n < 2000; n++) {
    countBodyGarbage(Buffer.allocUnsafeSlow(64 * 1024).length);
    peak = Math.max(peak, process.memoryUsage().arrayBuffers);
    if (n % 16 === 0) await new Promise(resolve => setImmediate(resolve));
  }
  console.log(peak);
`;

async function peakOf(program: string, growth: 'bounded' | 'free'): Promise<number> {
  const tsx = ['--import', 'tsx', '--conditions=@conntrack/source', '--input-type=module', '-e', program, growth];
  return Number((await promisify(execFile)(process.execPath, tsx)).stdout);
}

test('a bounded heap stays well below the size that V8 allows by default', async () => {
  const free = await peakOf(PROGRAM, 'free');
  const bounded = await peakOf(PROGRAM, 'bounded');
  expect(bounded / free).toBeLessThan(0.85);
}, 120_000);

test('the bytes of received bodies are collected long before V8 would collect them by default', async () => {
  const free = await peakOf(BODIES, 'free');
  const bounded = await peakOf(BODIES, 'bounded');
  expect(bounded / free).toBeLessThan(0.5);
}, 120_000);
