import type { CpuStats } from '@conntrack/flow/table';
import { CPU_STATISTICS, EXPECTATION_CPU_STATISTICS, GLOBAL_STATISTICS } from './attributes.js';
import { malformed } from './error.js';
import { type FieldReader, fieldsReader } from './fields.js';
import { HEADER, type Message } from './message.js';

const readCpu = fieldsReader(CPU_STATISTICS);
const readExpectationCpu = fieldsReader(EXPECTATION_CPU_STATISTICS);
const readGlobal = fieldsReader(GLOBAL_STATISTICS);

/** Reads one message of a dump of statistics. The CPU is in nfgenmsg.res_id, in network order. */
function readStats<T extends { cpu: number }>(read: FieldReader, bytes: Uint8Array, { start, end }: Message): T {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  if (end - start < HEADER) throw malformed('statistics without nfgenmsg', start);
  const stats = { cpu: view.getUint16(start + 18) };
  read({ bytes, view, start: start + HEADER, end }, stats);
  return stats as T;
}

/** Reads one message of a CT_GET_STATS_CPU dump. */
export const readCpuStats = (buffer: Uint8Array, message: Message): CpuStats => readStats(readCpu, buffer, message);

/** Expectation counters of one CPU since boot (enum ctattr_expect_stats). */
export interface ExpectationCpuStats {
  cpu: number;
  new?: number;
  create?: number;
  delete?: number;
}

/** Reads one message of an EXP_GET_STATS_CPU dump. */
export const readExpectationCpuStats = (buffer: Uint8Array, message: Message): ExpectationCpuStats =>
  readStats(readExpectationCpu, buffer, message);

/** The number of entries, and its maximum. */
export interface TableCount {
  /** Number of entries. */
  count: number;
  /** `nf_conntrack_max`; absent on kernels that do not send it (before 5.4). */
  max?: number;
}

/** Reads the answer to CT_GET_STATS. */
export function readCount(bytes: Uint8Array): TableCount {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const table: TableCount = { count: 0 };
  readGlobal({ bytes, view, start: HEADER, end: bytes.length }, table);
  return table;
}
