import { createApp } from '@conntrack/api';
import { ConntrackTable, MemorySource } from '@conntrack/table';
import { parser } from '@prometheus-io/lezer-promql';
import { beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { fileOf, has, said, textOf } from './files.js';

interface Rules {
  groups: {
    name: string;
    rules: { alert: string; expr: string; labels: object; annotations: Record<string, string> }[];
  }[];
}
interface Dashboard {
  panels: {
    id: number;
    title: string;
    gridPos: { x: number; y: number; w: number; h: number };
    targets?: { expr: string }[];
  }[];
  templating: { list: { name: string; query: unknown }[] };
}

const { groups } = parse(textOf('prometheus/conntrack.rules.yaml')) as Rules;
const rules = groups.flatMap(group => group.rules);
const dashboard = JSON.parse(textOf('grafana/conntrack.json')) as Dashboard;
const queries = dashboard.panels.flatMap(({ title, targets = [] }) =>
  targets.map(({ expr }) => [title, expr] as const),
);

/** The metrics in an expression, with Grafana's variables filled in. @throws for invalid PromQL */
function metricsOf(expression: string): string[] {
  const text = expression.replaceAll('$__rate_interval', '5m').replaceAll('$instance', 'a|b');
  const metrics: string[] = [];
  parser.parse(text).iterate({
    enter: ({ type, from, to }) => {
      if (type.isError) throw new SyntaxError(`'${text}' is not PromQL, at ${from}`);
      if (type.name === 'Identifier' && text[to] !== '(') metrics.push(text.slice(from, to));
    },
  });
  return metrics.filter(name => /^(node|conntrack|process)_|^up$/.test(name));
}

/** The metrics of the real server; a histogram has three. */
let served: Set<string>;
beforeAll(async () => {
  const app = createApp({
    table: new ConntrackTable(new MemorySource()),
    auth: { tokens: [] },
    listening: { connections: () => 0, certificates: () => [] },
    reloads: () => [],
  });
  const text = await (await app.request('/metrics')).text();
  served = new Set(
    [...text.matchAll(/^# TYPE (\S+) (\S+)$/gm)].flatMap(([, name, type]) =>
      type === 'histogram' ? [`${name}_bucket`, `${name}_sum`, `${name}_count`] : [name!],
    ),
  );
  expect(served.size).toBeGreaterThan(20);
});

describe('alerts', () => {
  it.each(rules.map(rule => [rule.alert, rule] as const))(
    'the alert %s is valid PromQL over existing metrics',
    (_, rule) => {
      const metrics = metricsOf(rule.expr).filter(name => name !== 'up');
      expect(metrics).not.toEqual([]);
      for (const metric of metrics) expect(served).toContain(metric);
      expect(rule.labels).toHaveProperty('severity');
      expect(rule.annotations).toMatchObject({ summary: expect.any(String), description: expect.any(String) });
    },
  );

  it('alerts have different names', () => {
    expect(new Set(rules.map(({ alert }) => alert)).size).toBe(rules.length);
  });

  it('Prometheus accepts the alerts, and they fire when they should', ({ skip }) => {
    skip(!has('promtool'), 'promtool is not installed');
    expect(said('promtool', 'check', 'rules', fileOf('prometheus/conntrack.rules.yaml'))).toMatchObject({ code: 0 });
    expect(said('promtool', 'test', 'rules', fileOf('prometheus/conntrack.rules.test.yaml'))).toMatchObject({
      code: 0,
    });
  });
});

describe('the dashboard', () => {
  it.each(queries)('the panel %s uses existing metrics: %s', (_, expr) => {
    const metrics = metricsOf(expr);
    expect(metrics).not.toEqual([]);
    for (const metric of metrics) expect(served).toContain(metric);
  });

  it('panels of the dashboard do not overlap, and have different ids', () => {
    const { panels } = dashboard;
    expect(new Set(panels.map(({ id }) => id)).size).toBe(panels.length);
    const taken = new Set<string>();
    for (const { gridPos, title } of panels)
      for (let x = gridPos.x; x < gridPos.x + gridPos.w; x++)
        for (let y = gridPos.y; y < gridPos.y + gridPos.h; y++) {
          expect(x).toBeLessThan(24);
          expect(taken, title).not.toContain(`${x} ${y}`);
          taken.add(`${x} ${y}`);
        }
  });
});

it('a fault in PromQL is found', () => {
  expect(() => metricsOf('rate(node_nf_conntrack_entries[5m)')).toThrow(SyntaxError);
});
