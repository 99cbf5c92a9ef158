import { readFileSync } from 'node:fs';
import type { CpuStats, ExpectationCpuStats } from '@conntrack/netlink';
import { formatStats, parseProcStats } from '@conntrack/parser/stats';
import type { Context } from '../context.js';

// Not `ascii` of @conntrack/netlink/text: its tables take some milliseconds of the start.
const encoder = new TextEncoder();

/** The counters in the order of `enum ctattr_stats_cpu`, each with its printed name. */
const ENTRIES: readonly (readonly [keyof CpuStats, string])[] = [
  ['searched', 'searched'],
  ['found', 'found'],
  ['new', 'new'],
  ['invalid', 'invalid'],
  ['ignore', 'ignore'],
  ['delete', 'delete'],
  ['deleteList', 'delete_list'],
  ['insert', 'insert'],
  ['insertFailed', 'insert_failed'],
  ['drop', 'drop'],
  ['earlyDrop', 'early_drop'],
  ['error', 'error'],
  ['searchRestart', 'search_restart'],
  ['clashResolve', 'clash_resolve'],
  ['chainTooLong', 'chaintoolong'],
];
const EXPECTATIONS: readonly (readonly [keyof ExpectationCpuStats, string])[] = [
  ['new', 'expect_new'],
  ['create', 'expect_create'],
  ['delete', 'expect_delete'],
];

function named<Row extends { cpu: number }>(
  rows: readonly Row[],
  names: readonly (readonly [keyof Row, string])[],
): string {
  return formatStats(
    rows.map(row => ({
      cpu: row.cpu,
      counters: Object.fromEntries(
        names.flatMap(([field, name]) => (row[field] === undefined ? [] : [[name, row[field] as number]])),
      ),
    })),
  );
}

/** `-S`: prints the counters of each CPU since boot. */
export async function stats({ request, conntrack, terminal }: Context): Promise<number> {
  if (request.table === 'expect') {
    terminal.out(encoder.encode(named(await conntrack.expectations.cpuStats(), EXPECTATIONS)));
    return 0;
  }
  try {
    terminal.out(encoder.encode(named(await conntrack.cpuStats(), ENTRIES)));
  } catch (error) {
    const text = procStats();
    if (text !== undefined) terminal.out(encoder.encode(text));
    throw error;
  }
  return 0;
}

/** The counters from /proc, which need no privilege. */
function procStats(): string | undefined {
  try {
    return formatStats(parseProcStats(readFileSync('/proc/net/stat/nf_conntrack', 'utf8')));
  } catch {
    return undefined;
  }
}
