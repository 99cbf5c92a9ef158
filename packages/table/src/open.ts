import { callback, checkOptions, flag, type OptionRule, type OptionRules, objectOf } from '@conntrack/flow/checks';
import { TableError } from '@conntrack/flow/table';
import { ConntrackTable, TABLE_RULES, type TableOptions } from './conntrack-table.js';
import { INDEX_RULES, type IndexOptions } from './source/indexed/options.js';
import { KERNEL_RULES, KernelSource } from './source/kernel/kernel-source.js';
import type { RecordedOptions } from './source/recorded-source.js';
import type { TableSource } from './source/source.js';

/** Options for opening a table. */
export interface OpenTableOptions extends TableOptions, RecordedOptions {
  /** For `kernel`: another network namespace, by name, path or file descriptor. */
  netns?: string | number;
  /**
   * For `kernel`: keeps a copy of the table in memory, which events keep current, and answers questions from it. Costs about 140 bytes for
   * each entry, and processor time for each event. Default: false.
   */
  index?: boolean | IndexOptions;
}
const indexOption: OptionRule = (value, ...place) =>
  (typeof value === 'object' ? objectOf(INDEX_RULES) : flag)(value, ...place);
const OPEN_RULES: OptionRules<OpenTableOptions> = {
  ...TABLE_RULES,
  ...KERNEL_RULES,
  index: indexOption,
  onBadLine: callback,
  clock: callback,
};

/** Other sources have no network namespace. If the option were ignored, another table than intended would be shown. */
const netnsRefusal = (spec: string): string =>
  spec === 'procfs'
    ? 'procfs shows only the network namespace of this process. For another namespace, use the kernel source, or run the program in it: ip netns exec NAME …'
    : `the source '${spec}' has no network namespace. Use the kernel source`;

/** The index is loaded only where it is used. */
async function indexed(kernel: KernelSource, options: IndexOptions): Promise<TableSource> {
  try {
    const { IndexedSource } = await import('./source/indexed/indexed-source.js');
    return await IndexedSource.open(kernel, options);
  } catch (error) {
    kernel.close();
    throw error;
  }
}

async function openSource(spec: string, options: OpenTableOptions): Promise<TableSource> {
  const { netns, index = false } = options;
  if (spec === 'kernel') {
    const kernel = await KernelSource.open(netns === undefined ? {} : { netns });
    return index === false ? kernel : indexed(kernel, index === true ? {} : index);
  }
  if (index !== false)
    throw new TableError('SOURCE_UNUSABLE', `the source '${spec}' cannot have an index. Use the kernel source`);
  if (netns !== undefined) throw new TableError('SOURCE_UNUSABLE', netnsRefusal(spec));
  // A command that reads the kernel's table starts without the parsers of captures.
  const { openRecorded } = await import('./source/recorded-source.js');
  return openRecorded(spec, options);
}

/**
 * Opens a table by the name of its source: `kernel` (this host, or another network namespace), `procfs`, `file:FILE` (a capture, read again
 * for each operation), `memory:FILE` (a capture loaded into memory, where it can be changed), or `memory` (empty).
 *
 * @throws TableError SOURCE_UNUSABLE, NOT_PRIVILEGED, UNSUPPORTED; ParseError for an invalid capture
 *
 * @example
 * ```ts
 * import { openTable } from '@conntrack/table';
 *
 * const table = await openTable('kernel');
 * console.log(await table.count());
 * table.close();
 * ```
 */
export async function openTable(spec: string, options: OpenTableOptions = {}): Promise<ConntrackTable> {
  checkOptions('openTable', options, OPEN_RULES);
  const { protect, now } = options;
  return new ConntrackTable(await openSource(spec, options), { ...(protect && { protect }), ...(now && { now }) });
}
