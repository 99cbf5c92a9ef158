import { createReadStream } from 'node:fs';
import type { Flow } from '@conntrack/flow';
import { callback, checkOptions, flag, type OptionRule, type OptionRules, objectOf } from '@conntrack/flow/checks';
import { TableError } from '@conntrack/flow/table';
import { captureBatches, type ParseError } from '@conntrack/parser/capture';
import { ConntrackTable, TABLE_RULES, type TableOptions } from './conntrack-table.js';
import { CaptureSource } from './source/capture/capture-source.js';
import { INDEX_RULES, type IndexOptions } from './source/indexed/options.js';
import { KERNEL_RULES, KernelSource } from './source/kernel/kernel-source.js';
import { MemorySource } from './source/memory/memory-source.js';
import type { TableSource } from './source/source.js';

/** Where the kernel shows its table as text, if it was built with CONFIG_NF_CONNTRACK_PROCFS. */
const PROCFS = '/proc/net/nf_conntrack';

const PROCFS_ABSENT =
  'this kernel does not provide it (built without CONFIG_NF_CONNTRACK_PROCFS, or nf_conntrack is not loaded). Use the kernel source';

/** Options for opening a table. */
export interface OpenTableOptions extends TableOptions {
  /** For `kernel`: another network namespace, by name, path or file descriptor. */
  netns?: string | number;
  /**
   * For `kernel`: keeps a copy of the table in memory, which events keep current, and answers questions from it. Costs about 140 bytes for
   * each entry, and processor time for each event. Default: false.
   */
  index?: boolean | IndexOptions;
  /** For captures: called with each bad line, which is then skipped. Without it, the first bad line throws. */
  onBadLine?: (error: ParseError) => void;
  /** For `memory:FILE`: returns the milliseconds by which timeouts run down. Without it, time stands still. */
  clock?: () => number;
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

/** Reads a whole capture, for a table in memory. */
async function load(path: string, options: OpenTableOptions): Promise<Flow[]> {
  const flows: Flow[] = [];
  const mode = options.onBadLine
    ? { mode: 'tolerant' as const, onBadLine: options.onBadLine }
    : { mode: 'strict' as const };
  for await (const batch of captureBatches(createReadStream(path), mode)) flows.push(...batch);
  return flows;
}

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
  if (options.netns !== undefined) throw new TableError('SOURCE_UNUSABLE', netnsRefusal(spec));
  const bad = options.onBadLine && { onBadLine: options.onBadLine };
  if (spec === 'procfs') return new CaptureSource(PROCFS, { name: 'procfs', absent: PROCFS_ABSENT, ...bad });
  const colon = spec.indexOf(':');
  const path = spec.slice(colon + 1);
  if (path !== '' && spec.startsWith('file:')) {
    const source = new CaptureSource(path, { name: spec, ...bad });
    await source.check();
    return source;
  }
  if (path !== '' && spec.startsWith('memory:')) {
    await new CaptureSource(path).check();
    return new MemorySource(await load(path, options), { name: spec, ...(options.clock && { clock: options.clock }) });
  }
  if (spec === 'memory') return new MemorySource([], { name: spec, ...(options.clock && { clock: options.clock }) });
  throw new TableError(
    'SOURCE_UNUSABLE',
    `unknown source '${spec}'. Use one of: kernel, procfs, memory, memory:FILE, file:FILE`,
  );
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
