import type { IpfixOptions, Sink } from '@conntrack/history';
import type { LocalTable } from '@conntrack/table';
import type { Config } from '../config/index.js';
import { UsageError } from '../process/usage-error.js';
import type { Log } from './logs.js';

/** Rows that are being recorded. */
export interface Recording {
  /** Stops, and writes what is waiting. */
  close(): Promise<void>;
}

/** The settings that make a server record what happens in its table. */
type RecordingConfig = Pick<Config, 'ipfix' | 'ndjson'>;

/** Returns the collectors of a configuration. @throws UsageError, which says what is wrong with a URL */
export async function collectorsOf({ ipfix }: RecordingConfig): Promise<IpfixOptions[]> {
  if (ipfix === undefined) return [];
  const { parseIpfixUrl } = await import('@conntrack/history');
  try {
    return ipfix.map(parseIpfixUrl);
  } catch (error) {
    throw new UsageError(`ipfix: ${(error as Error).message}`);
  }
}

/** Records the events of a table, if the configuration has a place for them. @throws TableError UNSUPPORTED for a table without events */
export async function startRecording(
  table: LocalTable,
  config: RecordingConfig,
  log: Pick<Log, 'write'>,
): Promise<Recording | undefined> {
  const collectors = await collectorsOf(config);
  if (collectors.length === 0 && config.ndjson === undefined) return undefined;
  const { IpfixExporter, NdjsonFiles, Recorder } = await import('@conntrack/history');
  const { present } = await import('../config/index.js');
  const report = (message: string) => log.write({ time: new Date().toISOString(), event: 'recording', message });
  const sinks: Sink[] = [];
  const closeSinks = () => Promise.all(sinks.map(sink => sink.close()));
  try {
    if (config.ndjson !== undefined) {
      const { folder, ...options } = config.ndjson;
      sinks.push(await NdjsonFiles.open(folder, present(options), report));
    }
    for (const collector of collectors) sinks.push(new IpfixExporter(collector, report));
    const recorder = await Recorder.start(table, { sinks, nat: true, onLog: report });
    return {
      async close() {
        await recorder.close();
        await closeSinks();
      },
    };
  } catch (error) {
    await closeSinks();
    throw error;
  }
}
