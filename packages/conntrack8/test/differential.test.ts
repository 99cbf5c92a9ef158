import { appendFileSync } from 'node:fs';
import { beforeEach, expect, test } from 'vitest';
import type { Case } from './case.js';
import { CHANGING, LOADING } from './changing.js';
import { matrix } from './matrix.js';
import { randomCreates, randomDeletes, randomLists } from './random.js';
import { READING } from './reading.js';
import { oneAfterTheOther, whileChanging, whileLooking, whileLookingAtTraffic } from './scenes.js';
import { uncomparable } from './stage.js';
import { randomTable } from './tables.js';
import { WRONG } from './wrong.js';

/** Number of random command lines of each kind: few by default, thousands with CONNTRACK8_CASES=5000. */
const COUNT = Number(process.env.CONNTRACK8_CASES ?? 30);
/** Uses every n-th of the written command lines. Default: all; an emulated machine sets this higher. */
const EVERY = Number(process.env.CONNTRACK8_EVERY ?? 1);
/** Another seed makes other tables and other command lines. */
const SEED = Number(process.env.CONNTRACK8_SEED ?? 8);
const LONG = COUNT > 1000;
/** A test takes as long as its command lines do. Each run has a limit of its own (`PATIENCE` in stage.ts). */
const options = { timeout: 24 * 3_600_000 };
const unavailable = uncomparable();
beforeEach(context => {
  if (unavailable !== undefined) context.skip(unavailable);
});

/** Selects `count` of the cases, evenly distributed. */
function sample(all: readonly Case[], count = all.length): Case[] {
  const step = Math.max(1, Math.floor(all.length / count)) * EVERY;
  return all.filter((_, i) => i % step === SEED % step);
}

/** Expects no differences. CONNTRACK8_REPORT names a file for all of them. */
function expectNone(text: string): void {
  const file = process.env.CONNTRACK8_REPORT;
  if (file !== undefined && text !== '') appendFileSync(file, `\n## ${expect.getState().currentTestName}\n${text}\n`);
  expect(text).toBe('');
}

const table = randomTable(SEED, 60);
const small = randomTable(SEED, 24);

test('command lines that only read a table give the same output', options, async () => {
  expectNone(await whileLooking(sample(READING), table));
});

test('command lines that only read a table give the same output with start times', options, async () => {
  expectNone(await whileLooking(sample(READING, LONG ? undefined : 30), table, { timestamps: true }));
});

test('command lines that only read a table give the same output without label names', options, async () => {
  const labelled = READING.filter(({ argv }) => argv.some(word => word.startsWith('-l') || word.includes('label')));
  expectNone(await whileLooking(labelled, table, { labels: false }));
});

test("command lines on a router's table with traffic give the same output", options, async () => {
  expectNone(await whileLookingAtTraffic(sample(READING, LONG ? undefined : 40)));
});

test('command lines that change a table have the same effect and output', options, async () => {
  expectNone(await whileChanging(sample(CHANGING, LONG ? undefined : 95), small));
});

test('files of command lines have the same effect and output', options, async () => {
  expectNone(await whileChanging(sample(LOADING), small));
});

test('invalid command lines give the same output', options, async () => {
  expectNone(await oneAfterTheOther(sample(WRONG), small));
});

test('combinations of commands and options are accepted or rejected alike', options, async () => {
  expectNone(await oneAfterTheOther(sample(matrix(LONG), LONG ? COUNT : 2 * COUNT), small));
});

test('lists with random options give the same output', options, async () => {
  expectNone(await whileLooking(randomLists(table, SEED, COUNT), table));
});

test('deletes with random options have the same effect and output', options, async () => {
  expectNone(await whileChanging(randomDeletes(small, SEED, COUNT), small));
});

test('random creates have the same effect and output', options, async () => {
  expectNone(await whileChanging(randomCreates(small, SEED, COUNT), small));
});
