import type { Flow } from '@conntrack/flow';
import { formatFlow } from '@conntrack/parser/format';
import { type ListOptions, listBatches } from './list.js';
import type { TableSource } from './source.js';

/** `ndjson` keeps everything; `save` is conntrack(8)'s `-o save`, for `conntrack -R`: it has neither marks nor labels, nor what trackers hold. */
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
  const line = (flow: Flow): string => `${formatFlow(flow, { format })}\n`;
  for await (const flows of listBatches(source, options)) yield flows.map(line).join('');
}
