import { malformed } from '../wire/error.js';
import { eachAttribute, HEADER, type Message } from '../wire/message.js';
import * as U from '../wire/uapi.js';

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

const NAMES: Readonly<Record<number, keyof CpuStats>> = {
  [U.CTA_STATS_SEARCHED]: 'searched',
  [U.CTA_STATS_FOUND]: 'found',
  [U.CTA_STATS_NEW]: 'new',
  [U.CTA_STATS_INVALID]: 'invalid',
  [U.CTA_STATS_IGNORE]: 'ignore',
  [U.CTA_STATS_DELETE]: 'delete',
  [U.CTA_STATS_DELETE_LIST]: 'deleteList',
  [U.CTA_STATS_INSERT]: 'insert',
  [U.CTA_STATS_INSERT_FAILED]: 'insertFailed',
  [U.CTA_STATS_DROP]: 'drop',
  [U.CTA_STATS_EARLY_DROP]: 'earlyDrop',
  [U.CTA_STATS_ERROR]: 'error',
  [U.CTA_STATS_SEARCH_RESTART]: 'searchRestart',
  [U.CTA_STATS_CLASH_RESOLVE]: 'clashResolve',
  [U.CTA_STATS_CHAIN_TOOLONG]: 'chainTooLong',
};

/** One message of a CT_GET_STATS_CPU dump: the CPU stands in nfgenmsg.res_id, network order. */
export function readCpuStats(buffer: Uint8Array, message: Message): CpuStats {
  const view = new DataView(buffer.buffer, buffer.byteOffset, buffer.length);
  if (message.end - message.start < HEADER) throw malformed('statistics without nfgenmsg', message.start);
  const stats: CpuStats = { cpu: view.getUint16(message.start + 18) };
  eachAttribute(view, message.start + HEADER, message.end, (type, start, end) => {
    const name = NAMES[type];
    if (name !== undefined && end - start >= 4) stats[name] = view.getUint32(start);
  });
  return stats;
}

/** Expectation counters of one CPU since boot (enum ctattr_expect_stats). */
export interface ExpectationCpuStats {
  cpu: number;
  new?: number;
  create?: number;
  delete?: number;
}

const EXPECTATION_NAMES: Readonly<Record<number, keyof ExpectationCpuStats>> = {
  [U.CTA_STATS_EXP_NEW]: 'new',
  [U.CTA_STATS_EXP_CREATE]: 'create',
  [U.CTA_STATS_EXP_DELETE]: 'delete',
};

/** One message of an EXP_GET_STATS_CPU dump. */
export function readExpectationCpuStats(buffer: Uint8Array, message: Message): ExpectationCpuStats {
  const view = new DataView(buffer.buffer, buffer.byteOffset, buffer.length);
  if (message.end - message.start < HEADER) throw malformed('statistics without nfgenmsg', message.start);
  const stats: ExpectationCpuStats = { cpu: view.getUint16(message.start + 18) };
  eachAttribute(view, message.start + HEADER, message.end, (type, start, end) => {
    const name = EXPECTATION_NAMES[type];
    if (name !== undefined && end - start >= 4) stats[name] = view.getUint32(start);
  });
  return stats;
}

/** How many entries there are and can be. */
export interface TableCount {
  count: number;
  /** `nf_conntrack_max`; absent on kernels that do not send it (before 5.4). */
  max?: number;
}

/** The answer to CT_GET_STATS. */
export function readCount(answer: Uint8Array): TableCount {
  const view = new DataView(answer.buffer, answer.byteOffset, answer.length);
  const table: TableCount = { count: 0 };
  eachAttribute(view, HEADER, answer.length, (type, start, end) => {
    if (end - start < 4) return;
    if (type === U.CTA_STATS_GLOBAL_ENTRIES) table.count = view.getUint32(start);
    else if (type === U.CTA_STATS_GLOBAL_MAX_ENTRIES) table.max = view.getUint32(start);
  });
  return table;
}
