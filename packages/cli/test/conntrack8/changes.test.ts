import { expect, test } from 'vitest';
import type { Case } from './case.js';
import { CHANGING, LOADING } from './changing.js';
import { compareChanging, createPairs, type Difference, report, workThrough } from './differential.js';
import { createStage, uncomparable } from './stage.js';
import { randomTable } from './tables.js';
import { WRONG } from './wrong.js';

const unavailable = uncomparable();

async function differences(all: readonly Case[]): Promise<string> {
  await using stage = await createStage();
  using filled = await createPairs();
  const flows = randomTable(2, 30);
  const found: Difference[] = [];
  await workThrough(all, filled.pairs, async (of, pair) => {
    const difference = await compareChanging(stage, pair, flows, of);
    if (difference.lines.length > 0) found.push(difference);
  });
  return report(found);
}

test.for([
  { what: 'changes', all: CHANGING },
  { what: 'files of commands', all: LOADING },
  { what: 'wrong command lines', all: WRONG },
])('$what', { timeout: 60_000 }, async ({ all }, context) => {
  if (unavailable !== undefined) context.skip(unavailable);
  expect(await differences(all)).toBe('');
});
