import type { Flow } from '@conntrack/flow';
import { type Parameter, ParameterFault } from '../http/parameters.js';

/** One field of a flow as `fields=` and CSV name it. */
export interface Column {
  /** The filter language's name. */
  readonly name: string;
  /** Where it stands in a `Flow`. */
  readonly path: readonly [string] | readonly [string, string];
  /** Not a column of a CSV unless asked for: a whole object, or rare. */
  readonly rare?: true;
}

const top = (name: string, rare?: true): Column => ({ name, path: [name], ...(rare && { rare }) });
const tuple = (end: 'original' | 'reply', name: string, field: string, rare?: true): Column => ({
  name,
  path: [end, field],
  ...(rare && { rare }),
});

/** Every field that can be asked for, in the order of a CSV. */
export const COLUMNS: readonly Column[] = [
  top('key'),
  top('family'),
  { name: 'proto', path: ['protocol'] },
  top('protonum', true),
  top('state'),
  top('status'),
  top('timeout'),
  ...['src', 'dst', 'sport', 'dport'].map(field => tuple('original', field, field)),
  tuple('original', 'orig.packets', 'packets'),
  tuple('original', 'orig.bytes', 'bytes'),
  ...['src', 'dst', 'sport', 'dport', 'packets', 'bytes'].map(field => tuple('reply', `reply.${field}`, field)),
  ...['type', 'code', 'id'].map(field => tuple('original', `icmp.${field}`, field)),
  ...['type', 'code', 'id'].map(field => tuple('reply', `reply.icmp.${field}`, field, true)),
  ...['srckey', 'dstkey'].map(field => tuple('original', `gre.${field}`, field, true)),
  ...['srckey', 'dstkey'].map(field => tuple('reply', `reply.gre.${field}`, field, true)),
  tuple('original', 'orig.zone', 'zone', true),
  tuple('reply', 'reply.zone', 'zone', true),
  top('mark'),
  top('zone'),
  top('labels'),
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
  ...COLUMNS.map(column => [column.path.join('.'), column] as const),
  ...COLUMNS.map(column => [column.name, column] as const),
]);

/** The parameter `fields=src,dport,state`: the filter's names, or the path in the JSON (`original.src`). */
export const fieldsParameter: Parameter<readonly Column[]> = {
  description:
    'Only these fields of each flow, by the filter’s names (`src,dport,state`) or their path in the JSON (`original.src`)',
  schema: { type: 'string', example: 'src,dst,dport,state' },
  read(text) {
    const names = [...new Set(text.split(','))];
    const unknown = names.filter(name => !byName.has(name));
    if (unknown.length > 0)
      throw new ParameterFault(
        `there is no field ${unknown.map(name => `'${name}'`).join(', ')}`,
        COLUMNS.map(({ name }) => name),
      );
    return names.map(name => byName.get(name)!);
  },
};

/** A column's value of a flow; `undefined` when its source gave none. */
export function cellOf(flow: Flow, { path: [first, second] }: Column): unknown {
  const value = (flow as unknown as Record<string, unknown>)[first];
  return second === undefined ? value : (value as Record<string, unknown> | undefined)?.[second];
}

/** A flow with these fields only, each where it stands in a `Flow`. */
export function project(flow: Flow, columns: readonly Column[]): Partial<Flow> {
  const result: Record<string, unknown> = {};
  for (const column of columns) {
    const value = cellOf(flow, column);
    if (value === undefined) continue;
    const [first, second] = column.path;
    if (second === undefined) result[first] = value;
    else result[first] = { ...(result[first] as object | undefined), [second]: value };
  }
  return result as Partial<Flow>;
}
