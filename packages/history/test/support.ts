import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { History } from '../src/query/history.js';
import { HistoryStore, type StoreOptions } from '../src/store/history-store.js';
import { batchOf, type TestRow } from './records.js';
import { KEEP } from './rows.js';

export { ALL_TIME, ended, KEEP, MINUTE, NOON } from './rows.js';

/** A folder that the test removes. */
export async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'conntrack-history-test-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

/** Opens a store that the test closes. */
export async function openStore(options: Partial<StoreOptions> & Pick<StoreOptions, 'folder'>): Promise<HistoryStore> {
  const store = await HistoryStore.open({ ...KEEP, ...options });
  onTestFinished(() => store.close());
  return store;
}

/** Opens a history that the test closes. */
export async function openHistory(folder: string): Promise<History> {
  const history = await History.open(folder);
  onTestFinished(() => history.close());
  return history;
}

/** Writes rows and waits until they are on the disk. */
export async function record(store: HistoryStore, rows: readonly TestRow[]): Promise<void> {
  store.write(batchOf(rows));
  await store.flush();
}
