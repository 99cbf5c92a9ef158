import { findField } from '@conntrack/filter';
import type { Flow } from '@conntrack/flow';
import { type Parameter, ParameterFault } from '../http/parameters.js';

type Path = readonly [string] | readonly [string, string];

/** One field of a flow as `fields=` and CSV name it. */
export interface Column {
  /** The filter language's name. */
  readonly name: string;
  /** Where it stands in a `Flow`: the places whose sum it is, for the counters of both directions. */
  readonly paths: readonly [Path, ...Path[]];
  /** Not a column of a CSV unless asked for: a sum, a whole object, or rare. */
  readonly rare?: true;
}

const column = (name: string, paths: Column['paths'], rare?: true): Column => ({ name, paths, ...(rare && { rare }) });
const top = (name: string, rare?: true): Column => column(name, [[name]], rare);
const tuple = (end: 'original' | 'reply', name: string, field: string, rare?: true): Column =>
  column(name, [[end, field]], rare);
const both = (name: string): Column =>
  column(
    name,
    [
      ['original', name],
      ['reply', name],
    ],
    true,
  );

/** Every field that can be asked for, in the order of a CSV. */
export const COLUMNS: readonly Column[] = [
  top('key'),
  top('family'),
  column('proto', [['protocol']]),
  top('protonum', true),
  top('state'),
  top('status'),
  top('timeout'),
  ...['src', 'dst', 'sport', 'dport'].map(field => tuple('original', field, field)),
  ...['packets', 'bytes'].map(field => tuple('original', `orig.${field}`, field)),
  ...['src', 'dst', 'sport', 'dport', 'packets', 'bytes'].map(field => tuple('reply', `reply.${field}`, field)),
  both('packets'),
  both('bytes'),
  ...['type', 'code', 'id'].map(field => tuple('original', `icmp.${field}`, field)),
  ...['type', 'code', 'id'].map(field => tuple('reply', `reply.icmp.${field}`, field, true)),
  ...['srckey', 'dstkey'].map(field => tuple('original', `gre.${field}`, field, true)),
  ...['srckey', 'dstkey'].map(field => tuple('reply', `reply.gre.${field}`, field, true)),
  tuple('original', 'orig.zone', 'zone', true),
  tuple('reply', 'reply.zone', 'zone', true),
  top('mark'),
  top('zone'),
  column('label', [['labels']]),
  top('helper'),
  top('secctx', true),
  top('secmark', true),
  top('use'),
  top('id'),
  top('start'),
  top('stop', true),
  ...['original', 'reply', 'protoinfo', 'seqadj', 'synproxy', 'master', 'portid', 'unknown', 'extra'].map(name =>
    top(name, true),
  ),
];

const byName = new Map<string, Column>([
  ...COLUMNS.filter(({ paths }) => paths.length === 1).map(entry => [entry.paths[0].join('.'), entry] as const),
  ...COLUMNS.map(entry => [entry.name, entry] as const),
]);

/** A column by the filter's name or alias, or by its path in the JSON. */
const findColumn = (name: string): Column | undefined => byName.get(name) ?? byName.get(findField(name)?.name ?? '');

/** The parameter `fields=src,dport,state`. */
export const fieldsParameter: Parameter<readonly Column[]> = {
  description:
    'Only these fields of each flow, by the filter’s names (`src,dport,state`) or their path in the JSON (`original.src`)',
  schema: { type: 'string', example: 'src,dst,dport,state' },
  read(text) {
    const names = text.split(',');
    const unknown = names.filter(name => findColumn(name) === undefined);
    if (unknown.length > 0)
      throw new ParameterFault(
        `there is no field ${unknown.map(name => `'${name}'`).join(', ')}`,
        COLUMNS.map(({ name }) => name),
      );
    return [...new Set(names.map(name => findColumn(name)!))];
  },
};

function at(flow: Flow, [first, second]: Path): unknown {
  const value = (flow as unknown as Record<string, unknown>)[first];
  return second === undefined ? value : (value as Record<string, unknown> | undefined)?.[second];
}

/** A column's value of a flow; `undefined` when its source gave none. */
export function cellOf(flow: Flow, { paths }: Column): unknown {
  if (paths.length === 1) return at(flow, paths[0]);
  const parts = paths.map(path => at(flow, path)).filter(value => typeof value === 'number');
  return parts.length === 0 ? undefined : parts.reduce((sum, value) => sum + value, 0);
}

/** A flow with these fields only, each where it stands in a `Flow`. */
export function project(flow: Flow, columns: readonly Column[]): Partial<Flow> {
  const result: Record<string, unknown> = {};
  for (const path of columns.flatMap(({ paths }) => paths)) {
    const value = at(flow, path);
    if (value === undefined) continue;
    const [first, second] = path;
    if (second === undefined) result[first] = value;
    else result[first] = { ...(result[first] as object | undefined), [second]: value };
  }
  return result as Partial<Flow>;
}
