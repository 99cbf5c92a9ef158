import {
  COUNTER_NAMES,
  type Diagnosis,
  type FindingStatus,
  type SourceInfo,
  type TableCapabilities,
  type TableStats,
} from '@conntrack/flow/table';

interface OfNode<T> {
  readonly node: string;
  readonly value: T;
}

/** Adds up numbers; `undefined` if one of them is unknown. */
function sumOf(numbers: readonly (number | undefined)[]): number | undefined {
  let sum = 0;
  for (const number of numbers) {
    if (number === undefined) return undefined;
    sum += number;
  }
  return sum;
}

/** Sums of the statistics, with those of each node. */
export function statsOf(nodes: readonly OfNode<TableStats>[]): TableStats {
  const max = sumOf(nodes.map(({ value }) => value.max));
  const count = nodes.reduce((sum, { value }) => sum + value.count, 0);
  const total: TableStats['total'] = {};
  for (const name of Object.keys(COUNTER_NAMES) as (keyof typeof COUNTER_NAMES)[]) {
    const sum = nodes.length === 0 ? undefined : sumOf(nodes.map(({ value }) => value.total[name]));
    if (sum !== undefined) total[name] = sum;
  }
  return {
    count,
    ...(max !== undefined && nodes.length > 0 && { max, ...(max > 0 && { fill: count / max }) }),
    cpus: [],
    total,
    nodes: Object.fromEntries(nodes.map(({ node, value }) => [node, value])),
  };
}

/** What all nodes record and support: a field that one node lacks would leave its flows out of an answer. */
export function capabilitiesOf(nodes: readonly OfNode<TableCapabilities>[]): TableCapabilities {
  const count = sumOf(nodes.map(({ value }) => value.count));
  const max = sumOf(nodes.map(({ value }) => value.max));
  const modes = new Set(nodes.map(({ value }) => value.eventsMode));
  const [mode] = modes;
  return {
    ...(count !== undefined && { count }),
    ...(max !== undefined && { max }),
    accounting: nodes.every(({ value }) => value.accounting),
    timestamps: nodes.every(({ value }) => value.timestamps),
    ...(modes.size === 1 && mode !== undefined && { eventsMode: mode }),
    ...(nodes.some(({ value }) => value.tcpLoose !== undefined) && {
      tcpLoose: nodes.some(({ value }) => value.tcpLoose !== false),
    }),
    writable: nodes.some(({ value }) => value.writable),
    notes: nodes.flatMap(({ node, value }) => value.notes.map(note => `${node}: ${note}`)),
  };
}

const SEVERITY: readonly FindingStatus[] = ['loss', 'warn', 'note', 'unknown', 'ok'];

/** The findings of all nodes, the most serious first. */
export function diagnosisOf(source: SourceInfo, nodes: readonly OfNode<Diagnosis>[]): Diagnosis {
  const findings = nodes.flatMap(({ node, value }) => value.findings.map(finding => ({ ...finding, node })));
  return {
    source,
    findings: findings.sort((one, other) => SEVERITY.indexOf(one.status) - SEVERITY.indexOf(other.status)),
  };
}
