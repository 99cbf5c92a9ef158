import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdir, readFile, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseQuery } from '@conntrack/filter';
import { describe, expect, it } from 'vitest';
import { HistoryStore } from '../../src/store/history-store.js';
import { batchOf } from '../records.js';
import { ALL_TIME, ended, KEEP, MINUTE, NOON, openHistory, openStore, record, temporaryFolder } from '../support.js';

const ENDS = Number(process.env.HISTORY_ENDS ?? 20_000);
const KILLS = Number(process.env.HISTORY_KILLS ?? 3);

/** Starts a process that records, and says after each second which row is on the disk. */
function startWriter(folder: string, first: number): { child: ChildProcess; synced(): number } {
  const script = fileURLToPath(new URL('./writer.child.ts', import.meta.url));
  const child = spawn(
    process.execPath,
    ['--import', 'tsx', '--conditions=@conntrack/source', script, folder, String(first)],
    {
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  );
  let last = -1;
  child.stdout!.setEncoding('utf8').on('data', (text: string) => {
    for (const line of text.split('\n')) if (line !== '') last = Number(line);
  });
  return { child, synced: () => last };
}

describe('a store', () => {
  it('has after kill −9 every row that was on the disk, and says since when rows may be missing', async () => {
    const folder = await temporaryFolder();
    let next = 0;
    for (let kill = 0; kill < KILLS; kill++) {
      const { child, synced } = startWriter(folder, next);
      await expect.poll(synced).toBeGreaterThan(next + 100);
      child.kill('SIGKILL');
      await once(child, 'exit');
      const least = synced();
      const history = await openHistory(folder);
      const table = history.table(ALL_TIME);
      expect(await table.count({ filter: parseQuery(`id=${next + 1}-${least + 1}`).filter })).toBe(least + 1 - next);
      expect(table.certainty.gaps.filter(({ cause }) => cause === 'killed')).toHaveLength(kill);
      next = least + 1_000_000;
    }
  });

  it('records every end of a flush', async () => {
    const folder = await temporaryFolder();
    const store = await openStore({ folder });
    const now = Date.now();
    for (let first = 0; first < ENDS; first += 1000) {
      store.write(batchOf(Array.from({ length: 1000 }, (_, i) => ended(first + i, now - 1000, now))));
      // As between two reads of events.
      await setImmediate();
    }
    await store.flush();
    expect(store.dropped).toBe(0);
    const history = await openHistory(folder);
    expect(await history.table({ from: now - 1000, to: now }).count()).toBe(ENDS);
  });

  it('records a gap where the clock was set back or forward', async () => {
    const folder = await temporaryFolder();
    let now = NOON;
    let monotonic = 0;
    const store = await openStore({ folder, now: () => now, monotonic: () => monotonic });
    await record(store, [ended(1, NOON - 1000, NOON)]);
    now += 60 * MINUTE;
    monotonic += 1000;
    await store.flush();
    now -= 120 * MINUTE;
    monotonic += 1000;
    await store.flush();
    const history = await openHistory(folder);
    const table = history.table({ from: NOON - 200 * MINUTE, to: NOON + 200 * MINUTE });
    expect(await table.count()).toBe(1);
    const clock = table.certainty.gaps.filter(({ cause }) => cause === 'clock');
    expect(clock.map(({ reason }) => reason)).toEqual([
      'the clock was set back by 7201 s: these times occur twice',
      'the clock was set forward by 3599 s, or the machine slept',
    ]);
  });

  it('names and skips a damaged file, and answers from the rest', async () => {
    const folder = await temporaryFolder();
    let now = NOON;
    const store = await openStore({ folder, now: () => now, monotonic: () => now });
    for (const hour of [0, 1, 2]) {
      await record(
        store,
        Array.from({ length: 3000 }, (_, i) => ended(hour * 3000 + i, now - 1000, now)),
      );
      now += 60 * MINUTE;
      await store.tidy();
      await store.tidy();
    }
    const files = (await readdir(folder)).filter(name => name.endsWith('.parquet')).sort();
    expect(files).toHaveLength(3);
    const damaged = join(folder, files[1]!);
    const bytes = await readFile(damaged);
    bytes.fill(0xa5, 100, bytes.length - 6000);
    await writeFile(damaged, bytes);
    const history = await openHistory(folder);
    const table = history.table(ALL_TIME);
    expect(await table.count({ filter: parseQuery('bytes.gte=0').filter })).toBe(6000);
    expect(table.certainty.skipped).toEqual([{ file: damaged, reason: expect.any(String) }]);
    await truncate(damaged, 50);
    const again = history.table(ALL_TIME);
    let rows = 0;
    for await (const flows of again.batches()) rows += flows.length;
    expect(rows).toBe(6000);
    expect(again.certainty.skipped.map(({ file }) => file)).toEqual([damaged]);
  });

  it('deletes what is older than its days and beyond its bytes, the oldest first', async () => {
    const folder = await temporaryFolder();
    let now = NOON;
    const store = await openStore({ folder, days: 1, now: () => now, monotonic: () => now });
    await record(store, [ended(1, now - 1000, now)]);
    now += 60 * MINUTE;
    await store.tidy();
    await store.tidy();
    const history = await openHistory(folder);
    expect(await history.table(ALL_TIME).count()).toBe(1);
    now += 24 * 60 * MINUTE;
    await store.tidy();
    await store.tidy();
    const table = history.table({ from: NOON - MINUTE, to: NOON + MINUTE });
    expect(await table.count()).toBe(0);
    expect(table.certainty.gaps).toEqual([
      expect.objectContaining({ reason: 'the history begins later, or this part was deleted' }),
    ]);
  });

  it('does not write fields that are not kept, and refuses questions about them', async () => {
    const folder = await temporaryFolder();
    const store = await openStore({ folder, fields: ['src', 'start'] });
    const now = Date.now();
    await record(store, [ended(1, now - 1000, now, { helper: 'secret-helper' })]);
    const history = await openHistory(folder);
    const table = history.table({ from: now - 1000, to: now + 1000 });
    expect(await table.count({ filter: parseQuery('src=10.0.0.1').filter })).toBe(1);
    await expect(table.count({ filter: parseQuery('dst=198.51.100.7').filter })).rejects.toThrow("'dst' was not kept");
    await expect(table.count({ filter: parseQuery('reply.dst=203.0.113.1').filter })).rejects.toThrow('was not kept');
    const [journal] = (await readdir(folder)).filter(name => name.endsWith('.journal'));
    expect((await readFile(join(folder, journal!))).includes('secret-helper')).toBe(false);
  });

  it('counts a flow once: its end replaces the rows from while it ran', async () => {
    const folder = await temporaryFolder();
    const store = await openStore({ folder, now: () => NOON, monotonic: () => 0 });
    const end = ended(1, NOON - 60 * MINUTE, NOON);
    const { stop: _, ...running } = ended(1, NOON - 60 * MINUTE, NOON).flow;
    const { start: __, ...begun } = running;
    await record(store, [
      { kind: 'nat', time: NOON - 60 * MINUTE + 1, flow: begun },
      { kind: 'interim', time: NOON - 30 * MINUTE, flow: running },
      end,
      { kind: 'interim', time: NOON - 10 * MINUTE, flow: { ...running, id: 99 } },
    ]);
    const history = await openHistory(folder);
    const flows = async (from: number, to: number): Promise<unknown[]> => {
      const found: unknown[] = [];
      for await (const { id, stop } of history.table({ from, to }).list()) found.push([id, stop !== undefined]);
      return found.sort();
    };
    expect(await flows(NOON - 2 * MINUTE, NOON)).toEqual([
      [2, true],
      [99, false],
    ]);
    expect(await flows(NOON - 45 * MINUTE, NOON - 40 * MINUTE)).toEqual([
      [2, true],
      [99, false],
    ]);
  });

  it('refuses a second recorder in the same folder, and retention that is missing', async () => {
    const folder = await temporaryFolder();
    await openStore({ folder });
    await expect(HistoryStore.open({ ...KEEP, folder })).rejects.toThrow(
      `${folder} is in use: process ${process.pid} records`,
    );
    await expect(HistoryStore.open({ folder } as never)).rejects.toThrow('days must be a number > 0');
  });
});
