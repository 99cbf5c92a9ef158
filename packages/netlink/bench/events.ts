// One C process creates entries as fast as possible, and a listener has 64 MiB of the kernel's memory: how many events are lost?
// Compared with conntrack -E with the same buffer.
import { once } from 'node:events';
import { Conntrack } from '../src/index.js';
import { benchOptions, withBigTable } from './big-table.js';

const { entries, force } = benchOptions(500_000);
const BUFFER = 64 * 2 ** 20;

await withBigTable(entries, force, async ({ namespace, program }) => {
  const conntrack = Conntrack.open({ netns: namespace.fd });
  await conntrack.flush({ all: true });
  const fill = async (): Promise<number> => {
    const from = performance.now();
    await once(namespace.spawn(program, ['fill', String(entries)], { stdio: 'ignore' }), 'close');
    return (performance.now() - from) / 1000;
  };
  const report = (name: string, seen: number, gaps: number | undefined, seconds: number): void => {
    const losses = gaps === undefined ? '' : `, ${gaps} gaps`;
    console.log(`${name.padEnd(22)} ${seen} of ${entries}${losses}, made in ${seconds.toFixed(2)} s`);
  };
  const settle = (): Promise<void> => new Promise(resolve => setTimeout(resolve, 1000));

  for (const decoded of [false, true]) {
    const events = conntrack.events({ flows: ['new'], buffer: Math.floor(BUFFER / 1280) });
    const seconds = fill().then(async taken => {
      await settle();
      events.close();
      return taken;
    });
    let seen = 0;
    if (decoded) for await (const item of events) seen += 'flow' in item ? 1 : 0;
    else for await (const slab of events.slabs()) for (const cursor = slab.cursor(); cursor.next(); ) seen++;
    report(decoded ? 'events as flows' : 'events counted', seen, events.counters.gaps, await seconds);
    await conntrack.flush({ all: true });
  }

  const tool = namespace.spawn('conntrack', ['-E', '-e', 'NEW', '-b', String(BUFFER)], {
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  let lines = 0;
  tool.stdout?.on('data', (chunk: Buffer) => {
    for (const byte of chunk) if (byte === 10) lines++;
  });
  const started = await once(tool, 'spawn').then(
    () => true,
    () => false,
  );
  if (started) {
    await settle();
    const seconds = await fill();
    await settle();
    tool.kill();
    report('conntrack -E', lines, undefined, seconds);
  }
  await conntrack.flush({ all: true });
  conntrack.close();
});
