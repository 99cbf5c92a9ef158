import type { HistoryStore, Recorder } from '@conntrack/history';
import type { LocalTable } from '@conntrack/table';
import { integer } from '../options/values/numbers.js';
import type { Context } from '../process/context.js';
import { EXIT } from '../process/exit-codes.js';
import { say } from '../process/io.js';
import { UsageError } from '../process/usage-error.js';
import { openFrom } from '../source/source.js';

/** The options of `ctctl history record`. */
export interface RecordArguments {
  dir?: string;
  days?: string;
  bytes?: string;
  nat?: boolean;
  keep?: string;
  netns?: string;
}

/** What is recorded, where, and for how long. */
export interface RecordSettings {
  readonly folder: string;
  readonly days: number;
  readonly bytes: number;
  readonly nat?: boolean;
  readonly fields?: readonly string[];
}

/** A recorder and its store. */
export interface Recording {
  readonly store: HistoryStore;
  readonly recorder: Recorder;
  close(): Promise<void>;
}

/** Starts to record the ends of a table's flows into a folder. */
export async function startRecording(
  table: LocalTable,
  { folder, days, bytes, nat = false, fields }: RecordSettings,
  onLog: (message: string) => void,
): Promise<Recording> {
  const { HistoryStore, Recorder } = await import('@conntrack/history');
  const store = await HistoryStore.open({ folder, days, bytes, onLog, ...(fields && { fields }) });
  try {
    const recorder = await Recorder.start(table, { sinks: [store], nat, onLog });
    return {
      store,
      recorder,
      async close() {
        await recorder.close();
        await store.close();
      },
    };
  } catch (error) {
    await store.close();
    throw error;
  }
}

/** Runs `ctctl history record` until it is interrupted, which is a success. */
export async function recordHistory({ io }: Context, options: RecordArguments): Promise<number> {
  const { dir, days, bytes, nat, keep, netns } = options;
  if (dir === undefined) throw new UsageError('--dir is required: the folder to record into');
  if (days === undefined || bytes === undefined)
    throw new UsageError(
      '--days and --bytes are required: recorded connections are personal data, and must be deleted',
    );
  const settings = {
    folder: dir,
    days: integer(days, '--days'),
    bytes: integer(bytes, '--bytes'),
    ...(nat && { nat }),
    ...(keep !== undefined && { fields: keep.split(',') }),
  };
  const table = await openFrom(io, netns === undefined ? {} : { netns });
  try {
    const recording = await startRecording(table, settings, message => say(io, message));
    try {
      say(io, `recording into ${dir}`);
      await new Promise<void>(resolve => {
        if (io.signal.aborted) resolve();
        else io.signal.addEventListener('abort', () => resolve(), { once: true });
      });
    } finally {
      await recording.close();
    }
  } finally {
    table.close();
  }
  return EXIT.ok;
}
