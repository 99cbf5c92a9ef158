import { describe, expect, it } from 'vitest';
import { labAvailable, Namespace } from '../../../lab/src/index.js';
import { Conntrack } from '../../src/index.js';

const ENTRIES = 20_000;
const reason = labAvailable();

describe.skipIf(reason)(`a dump beside other work${reason ? ` (${reason})` : ''}`, () => {
  it('a dump that is read as fast as possible leaves turns of the event loop to others', async () => {
    using namespace = Namespace.create();
    const conntrack = Conntrack.open({ netns: namespace.fd });
    for (let n = 0; n < ENTRIES; n++)
      await conntrack.create({
        family: 'ipv4',
        protonum: 17,
        original: { src: `10.0.${n >> 8}.${n & 255}`, dst: '192.0.2.1', sport: 1, dport: 2 },
        timeout: 86_400,
      });
    let turns = 0;
    let running = true;
    const turn = (): void => {
      turns++;
      if (running) setImmediate(turn);
    };
    setImmediate(turn);
    let slabs = 0;
    let [last, without, longest] = [0, 0, 0];
    for await (const _ of conntrack.dump()) {
      slabs++;
      without = turns === last ? without + 1 : 0;
      longest = Math.max(longest, without);
      last = turns;
      // As long as the kernel needs for a slab, so that the next one has always arrived already.
      for (const until = performance.now() + 10; performance.now() < until; );
    }
    running = false;
    conntrack.close();
    expect(slabs).toBeGreaterThan(12);
    expect(longest).toBeLessThanOrEqual(1);
  });
});
