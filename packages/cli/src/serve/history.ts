import type { ServedHistory } from '@conntrack/api';
import type { LocalTable } from '@conntrack/table';
import type { Config } from '../config/index.js';
import { UsageError } from '../process/usage-error.js';
import { type RecordSettings, startRecording } from '../verbs/history-record.js';

/** The settings of the recorder. @throws UsageError if one is missing */
export function recordSettingsOf({ history }: Pick<Config, 'history'>): RecordSettings | undefined {
  if (history === undefined) return undefined;
  const { folder, days, bytes, nat, fields } = history;
  if (folder === undefined)
    throw new UsageError('--history is required with the other settings of the history: its folder');
  if (days === undefined || bytes === undefined)
    throw new UsageError(
      '--history-days and --history-bytes are required with --history: recorded connections are personal data, and must be deleted',
    );
  return { folder, days, bytes, ...(nat && { nat }), ...(fields && { fields }) };
}

/** A history that a server records and answers from. */
export interface OpenHistory extends ServedHistory {
  close(): Promise<void>;
}

/** Records a table's history, and opens it for questions. */
export async function openHistory(
  table: LocalTable,
  settings: RecordSettings,
  onLog: (message: string) => void,
): Promise<OpenHistory> {
  const { History } = await import('@conntrack/history');
  const recording = await startRecording(table, settings, onLog);
  try {
    const history = await History.open(settings.folder);
    return {
      table: range => history.table(range),
      numbers() {
        const { state, written, dropped, gaps, files, bytes } = recording.store.stats;
        return { writing: state === 'writing', written, dropped, gaps, files, bytes };
      },
      async close() {
        await history.close();
        await recording.close();
      },
    };
  } catch (error) {
    await recording.close();
    throw error;
  }
}
