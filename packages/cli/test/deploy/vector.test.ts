import { readdirSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { fileOf, textOf } from './files.js';

interface Component {
  type: string;
  inputs?: string[];
  source?: string;
  route?: Record<string, string>;
  include?: string[];
  [option: string]: unknown;
}
type Configuration = Partial<Record<'sources' | 'transforms' | 'sinks', Record<string, Component>>>;

const read = (name: string) => parse(textOf(`vector/${name}`)) as Configuration;
const source = read('source.yaml');
const transforms = source.transforms!;
const sinks = readdirSync(fileOf('vector')).filter(name => name.endsWith('.yaml') && name !== 'source.yaml');

/** The names that components can have as inputs. A route has an output for each of its conditions. */
const outputs = new Set([
  ...Object.keys(source.sources!),
  ...Object.entries(transforms).flatMap(([name, { route }]) =>
    route === undefined ? [name] : Object.keys(route).map(each => `${name}.${each}`),
  ),
]);
/** The columns of the flat rows, by the path that each is read from. */
const columns = new Map(
  [...transforms.conntrack_rows!.source!.matchAll(/"(\w+)": \.([\w.]+)/g)].map(match => [match[1]!, match[2]!]),
);

describe('the examples for Vector', () => {
  test.each(['source.yaml', ...sinks])('%s: every input exists', name => {
    const { sources = {}, transforms = {}, sinks = {} } = read(name);
    for (const { inputs } of [...Object.values(transforms), ...Object.values(sinks)]) {
      expect(inputs).not.toEqual([]);
      for (const input of inputs!) expect(outputs).toContain(input);
    }
    expect(Object.keys(sources).length + Object.keys(sinks).length).toBe(1);
  });

  test('there is an example for ClickHouse, Kafka and Loki', () => {
    expect(sinks.sort()).toEqual(['clickhouse.yaml', 'kafka.yaml', 'loki.yaml']);
  });

  test('the flat rows read members that lines have', () => {
    const tuple = { src: '', dst: '', sport: 1, dport: 1, packets: 1, bytes: 1 };
    const line = {
      time: '',
      type: 'end',
      host: '',
      flow: { protocol: '', start: '', mark: 1, zone: 1, original: tuple, reply: tuple },
    };
    expect(columns.size).toBeGreaterThan(15);
    for (const path of columns.values()) expect(line).toHaveProperty(path);
  });

  test('the ClickHouse table has a column for each member of a flat row, and no other', () => {
    const table = textOf('vector/clickhouse.sql').split('\n)')[0]!;
    const declared = [...table.matchAll(/^ {4}(\w+) +(?:DateTime|LowCardinality|String|Nullable)/gm)].map(
      match => match[1],
    );
    expect(declared).toEqual([...columns.keys()]);
  });
});
