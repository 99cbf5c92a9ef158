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

/** How many random command lines of each kind: few in every run, thousands with CONNTRACK8_CASES=5000. */
const COUNT = Number(process.env.CONNTRACK8_CASES ?? 30);
/** Of the written command lines each so-manieth: all, unless an emulated machine says otherwise. */
const EVERY = Number(process.env.CONNTRACK8_EVERY ?? 1);
/** Another seed makes other tables and other command lines. */
const SEED = Number(process.env.CONNTRACK8_SEED ?? 8);
const LONG = COUNT > 1000;
/** A test takes as long as its command lines do: each run has a limit of its own (`PATIENCE` in stage.ts). */
const options = { timeout: 24 * 3_600_000 };
const unavailable = uncomparable();
beforeEach(context => {
  if (unavailable !== undefined) context.skip(unavailable);
});

/** So many of them, evenly spread. */
function sample(all: readonly Case[], count = all.length): Case[] {
  const step = Math.max(1, Math.floor(all.length / count)) * EVERY;
  return all.filter((_, i) => i % step === SEED % step);
}

/** There are no differences. CONNTRACK8_REPORT names a file that gets them all. */
function expectNone(text: string): void {
  const file = process.env.CONNTRACK8_REPORT;
  if (file !== undefined && text !== '') appendFileSync(file, `\n## ${expect.getState().currentTestName}\n${text}\n`);
  expect(text).toBe('');
}

const table = randomTable(SEED, 60);
const small = randomTable(SEED, 24);

test('what only looks at a table', options, async () => {
  expectNone(await whileLooking(sample(READING), table));
});

test('the same with start times', options, async () => {
  expectNone(await whileLooking(sample(READING, LONG ? undefined : 30), table, { timestamps: true }));
});

test('the same without names of labels', options, async () => {
  const labelled = READING.filter(({ argv }) => argv.some(word => word.startsWith('-l') || word.includes('label')));
  expectNone(await whileLooking(labelled, table, { labels: false }));
});

test('the table of a router with traffic', options, async () => {
  expectNone(await whileLookingAtTraffic(sample(READING, LONG ? undefined : 40)));
});

test('what changes a table', options, async () => {
  expectNone(await whileChanging(sample(CHANGING, LONG ? undefined : 95), small));
});

test('files of command lines', options, async () => {
  expectNone(await whileChanging(sample(LOADING), small));
});

test('wrong command lines', options, async () => {
  expectNone(await oneAfterTheOther(sample(WRONG), small));
});

test('which option goes with which command', options, async () => {
  expectNone(await oneAfterTheOther(sample(matrix(LONG), LONG ? COUNT : 2 * COUNT), small));
});

test('lists by random options', options, async () => {
  expectNone(await whileLooking(randomLists(table, SEED, COUNT), table));
});

test('deletes by random options', options, async () => {
  expectNone(await whileChanging(randomDeletes(small, SEED, COUNT), small));
});

test('random creations', options, async () => {
  expectNone(await whileChanging(randomCreates(small, SEED, COUNT), small));
});
