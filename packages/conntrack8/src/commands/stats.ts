import { readFileSync } from 'node:fs';
import { COUNTER_NAMES } from '@conntrack/flow/table';
import type { CpuStats, ExpectationCpuStats } from '@conntrack/netlink';
import { formatStats, parseProcStats } from '@conntrack/parser/stats';
import type { Context } from '../context.js';

// Not `ascii` of @conntrack/netlink/text: its tables take some milliseconds of the start.
const encoder = new TextEncoder();

const ENTRIES = Object.entries(COUNTER_NAMES) as readonly (readonly [keyof CpuStats, string])[];
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
