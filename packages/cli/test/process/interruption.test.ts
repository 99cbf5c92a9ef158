import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { setImmediate } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { createNatLab, labAvailable, type NatLab } from '@conntrack/lab';
import { type ConntrackTable, openTable } from '@conntrack/table';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { Interrupted } from '../../src/process/io.js';
import { SAMPLE } from '../../src/sample.js';
import { ctctl } from '../ctctl.js';

const BINARY = fileURLToPath(new URL('../../dist/ctctl.cjs', import.meta.url));
const unavailable = labAvailable();
const ENTRIES = 100_000;
const MARK = 4242;
/** Number of attempts: a run may end before its signal arrives. */
const TRIES = 5;

function* lines(): Generator<string> {
  for (let i = 0; i < ENTRIES; i++) {
    const [src, dst] = [`192.0.2.${i % 250}`, `198.51.100.${Math.floor(i / 250) % 250}`];
    const [sport, dport] = [1024 + Math.floor(i / 62_500), 53];
    yield `udp      17 600 src=${src} dst=${dst} sport=${sport} dport=${dport} src=${dst} dst=${src} sport=${dport} dport=${sport} mark=${MARK} use=1\n`;
  }
}

describe('an interrupted bulk change', () => {
  let lab: NatLab;
  let table: ConntrackTable;
  beforeEach(context => {
    if (unavailable !== undefined) context.skip(unavailable);
  });
  beforeAll(async () => {
    if (unavailable !== undefined) return;
    lab = await createNatLab();
    table = await openTable('kernel', { netns: lab.router.path });
  });
  afterAll(async () => {
    table?.close();
    await lab?.close();
  });

  /** Fills the table, starts a run, and interrupts it when `begun` returns true. */
  async function interrupted(
    argv: readonly string[],
    begun: () => Promise<boolean>,
  ): Promise<{ code: number; stderr: string }> {
    const { created } = await table.restore(lines());
    expect(created).toBeGreaterThanOrEqual(0);
    const child: ChildProcess = spawn(process.execPath, [BINARY, ...argv, '--netns', lab.router.path], {
      stdio: 'pipe',
    });
    let stderr = '';
    child.stderr!.on('data', chunk => {
      stderr += chunk;
    });
    const ended = once(child, 'close');
    while (child.exitCode === null && !(await begun())) await setImmediate();
    child.kill('SIGINT');
    const [code] = await ended;
    return { code: code as number, stderr };
  }

  it('an interrupted bulk change says how many entries were deleted and how many were not attempted, with code 130', async () => {
    for (let left = TRIES; ; left--) {
      const { code, stderr } = await interrupted(
        ['delete', `mark=${MARK}`, '--max-affected', String(ENTRIES)],
        async () => ((await table.capabilities()).count ?? 0) < ENTRIES,
      );
      if (code === 0 && left > 1) continue;
      expect(code).toBe(130);
      const [, deleted, all, notAttempted] =
        /^interrupted: (\d+) of (\d+) entries deleted, (\d+) not attempted\n$/.exec(stderr)!;
      expect([Number(all), Number(deleted) + Number(notAttempted)]).toEqual([ENTRIES, ENTRIES]);
      expect((await table.capabilities()).count).toBe(Number(notAttempted));
      return;
    }
  });
});

describe('an interruption before the first change', () => {
  const memory = ['--source', `memory:${SAMPLE}`];
  it.each([
    ['deleted', ['delete', 'proto=tcp']],
    ['updated', ['update', 'proto=tcp', '--mark', '1']],
    ['deleted', ['flush', '--yes']],
  ])('an interruption before the first change says that nothing was %s: %j', async (done, argv) => {
    const ending = new AbortController();
    ending.abort(new Interrupted('SIGINT'));
    const { code, stderr } = await ctctl([...argv, ...memory], { signal: ending.signal });
    expect([code, stderr]).toEqual([130, `interrupted: nothing was ${done}\n`]);
  });
});
