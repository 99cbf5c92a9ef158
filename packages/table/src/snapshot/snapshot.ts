import { flowWriter } from '@conntrack/parser/presets';
import { type ListOptions, listBatches } from '../read/list.js';
import type { TableSource } from '../source/source.js';

/** `ndjson` keeps everything; `save` is conntrack(8)'s `-o save` with marks, for `conntrack -R`: see `LOSSES` of `@conntrack/parser/presets` for what it lacks. */
export type SnapshotFormat = 'ndjson' | 'save';

/** What to write. */
export interface SnapshotOptions extends Pick<ListOptions, 'filter' | 'signal'> {
  /** `ndjson` unless told. */
  format?: SnapshotFormat;
}

/** The table as text, some thousand lines at a time. */
export async function* snapshot(
  source: TableSource,
  { format = 'ndjson', ...options }: SnapshotOptions,
): AsyncGenerator<string> {
  const { line } = flowWriter(format);
  for await (const flows of listBatches(source, options)) yield flows.map(line).join('');
}
