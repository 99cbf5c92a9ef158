import { Conntrack } from '@conntrack/netlink';
import { beforeEach, expect, test } from 'vitest';
import { shown } from './case.js';
import { DELIBERATE, type Outcome, TABLE } from './deliberate.js';
import { createStage, REAL, trackingNamespace, uncomparable } from './stage.js';
import { fill } from './tables.js';

const unavailable = uncomparable();
beforeEach(context => {
  if (unavailable !== undefined) context.skip(unavailable);
});

test.for(DELIBERATE.map(one => ({ name: shown(one.of), ...one })))('$id: $name', async ({ of, theirs, ours }) => {
  await using stage = await createStage();
  using namespace = await trackingNamespace();
  const conntrack = Conntrack.open({ netns: namespace.fd });
  const outcome = async (program: string): Promise<Outcome> => {
    await conntrack.flush({ all: true });
    await fill(conntrack, TABLE);
    const result = await stage.run(namespace, program, of.argv);
    const table = [];
    for await (const flow of conntrack.list()) table.push(flow);
    return { ...result, table };
  };
  const [look, expected] = theirs;
  expect(look(await outcome(REAL))).toEqual(expected);
  const [lookOurs, expectedOurs] = ours;
  expect(lookOurs(await outcome(stage.ours))).toEqual(expectedOurs);
  conntrack.close();
});
