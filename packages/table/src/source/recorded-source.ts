import { createReadStream } from 'node:fs';
import type { Flow } from '@conntrack/flow';
import { TableError } from '@conntrack/flow/table';
import { captureBatches, type ParseError } from '@conntrack/parser/capture';
import { CaptureSource } from './capture/capture-source.js';
import { MemorySource } from './memory/memory-source.js';
import type { TableSource } from './source.js';

/** Options for sources that are not the kernel. */
export interface RecordedOptions {
  /** For captures: called with each bad line, which is then skipped. Without it, the first bad line throws. */
  onBadLine?: (error: ParseError) => void;
  /** For `memory:FILE`: returns the milliseconds by which timeouts run down. Without it, time stands still. */
  clock?: () => number;
}

/** Where the kernel shows its table as text, if it was built with CONFIG_NF_CONNTRACK_PROCFS. */
const PROCFS = '/proc/net/nf_conntrack';

const PROCFS_ABSENT =
  'this kernel does not provide it (built without CONFIG_NF_CONNTRACK_PROCFS, or nf_conntrack is not loaded). Use the kernel source';

/** Reads a whole capture, for a table in memory. */
async function load(path: string, options: RecordedOptions): Promise<Flow[]> {
  const flows: Flow[] = [];
  const mode = options.onBadLine
    ? { mode: 'tolerant' as const, onBadLine: options.onBadLine }
    : { mode: 'strict' as const };
  for await (const batch of captureBatches(createReadStream(path), mode)) flows.push(...batch);
  return flows;
}

/** Opens every source but the kernel. */
export async function openRecorded(spec: string, options: RecordedOptions): Promise<TableSource> {
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
