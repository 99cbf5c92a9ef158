import { type OptionRules, oneOf } from '@conntrack/flow/checks';
import { flowWriter } from '@conntrack/parser/presets';
import { FILTERED_RULES } from '../option-rules.js';
import { listBatches } from '../read/list.js';
import type { TableSource } from '../source/source.js';
import type { SnapshotOptions } from '../table-options.js';

export const SNAPSHOT_RULES: OptionRules<SnapshotOptions> = { ...FILTERED_RULES, format: oneOf(['ndjson', 'save']) };

/** Yields the table as text, some thousand lines at a time. */
export async function* snapshot(
  source: TableSource,
  { format = 'ndjson', ...options }: SnapshotOptions,
): AsyncGenerator<string> {
  const { line } = flowWriter(format);
  for await (const flows of listBatches(source, options)) yield flows.map(line).join('');
}
