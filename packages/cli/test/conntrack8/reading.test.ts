import { Conntrack } from '@conntrack/netlink';
import { expect, test } from 'vitest';
import { compareReading, type Difference, report, WORKERS, workThrough } from './differential.js';
import { READING } from './reading.js';
import { createStage, trackingNamespace, uncomparable } from './stage.js';
import { fill, randomTable } from './tables.js';

const unavailable = uncomparable();

test.for([{ timestamps: false }, { timestamps: true }])(
  'looking at a table, $timestamps',
  { timeout: 60_000 },
  async ({ timestamps }, context) => {
    if (unavailable !== undefined) context.skip(unavailable);
    await using stage = await createStage();
    using namespace = await trackingNamespace({ timestamps });
    const conntrack = Conntrack.open({ netns: namespace.fd });
    const made = await fill(conntrack, randomTable(1, 60));
    conntrack.close();
    expect(made.length).toBeGreaterThan(50);
    const found: Difference[] = [];
    await workThrough(READING, Array(WORKERS).fill(0), async of => {
      const difference = await compareReading(stage, namespace, of);
      if (difference.lines.length > 0) found.push(difference);
    });
    expect(report(found)).toBe('');
  },
);
