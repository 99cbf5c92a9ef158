import { type Attribute, CPU_STATISTICS, EXPECTATION_CPU_STATISTICS, GLOBAL_STATISTICS } from '../wire/attributes.js';
import { malformed } from '../wire/error.js';
import { readFields } from '../wire/fields.js';
import { HEADER, type Message } from '../wire/message.js';

/** Counters of one CPU since boot (enum ctattr_stats_cpu). What the running kernel does not send is absent. */
export interface CpuStats {
  cpu: number;
  /** Look-ups that found an entry. */
  found?: number;
  /** Packets that could not be tracked. */
  invalid?: number;
  insert?: number;
  /** Entries that could not be inserted: the tuple was taken meanwhile. */
  insertFailed?: number;
  /** Packets dropped because the table was full and nothing could be evicted. */
  drop?: number;
  /** Entries evicted to make room. */
  earlyDrop?: number;
  error?: number;
  searchRestart?: number;
  /** Insert races that were resolved. */
  clashResolve?: number;
  /** Packets dropped because their hash chain was too long. */
  chainTooLong?: number;
  searched?: number;
  new?: number;
  ignore?: number;
  delete?: number;
  deleteList?: number;
}

/** One message of a dump of statistics: the CPU stands in nfgenmsg.res_id, network order. */
function readStats<T extends { cpu: number }>(
  rows: readonly Attribute[],
  bytes: Uint8Array,
  { start, end }: Message,
): T {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  if (end - start < HEADER) throw malformed('statistics without nfgenmsg', start);
  const stats = { cpu: view.getUint16(start + 18) };
  readFields(rows, { bytes, view, start: start + HEADER, end }, stats);
  return stats as T;
}

/** One message of a CT_GET_STATS_CPU dump. */
export const readCpuStats = (buffer: Uint8Array, message: Message): CpuStats =>
  readStats(CPU_STATISTICS, buffer, message);

/** Expectation counters of one CPU since boot (enum ctattr_expect_stats). */
export interface ExpectationCpuStats {
  cpu: number;
  new?: number;
  create?: number;
  delete?: number;
}

/** One message of an EXP_GET_STATS_CPU dump. */
export const readExpectationCpuStats = (buffer: Uint8Array, message: Message): ExpectationCpuStats =>
  readStats(EXPECTATION_CPU_STATISTICS, buffer, message);

/** How many entries there are and can be. */
export interface TableCount {
  count: number;
  /** `nf_conntrack_max`; absent on kernels that do not send it (before 5.4). */
  max?: number;
}

/** The answer to CT_GET_STATS. */
export function readCount(bytes: Uint8Array): TableCount {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const table: TableCount = { count: 0 };
  readFields(GLOBAL_STATISTICS, { bytes, view, start: HEADER, end: bytes.length }, table);
  return table;
}
