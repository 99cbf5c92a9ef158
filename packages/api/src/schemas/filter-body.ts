import { allOf, anyOf, type Filter, FilterError, type FilterIssue, negate, type Test } from '@conntrack/filter';
import { parseExpression, parseFilter } from '@conntrack/filter/hints';
import { printExpression } from '@conntrack/filter/print';
import { requireSource } from '@conntrack/filter/requirements';
import { filterJsonSchema } from '@conntrack/filter/schema';
import { z } from '@hono/zod-openapi';
import { filterFaults } from '../http/problem/problem-of.js';
import type { Fault } from '../http/problem/problems.js';

/** Limits of a filter in a body: higher than in a URL, and low enough for a scan. */
export const BODY_FILTER_LIMITS = { text: 256 * 1024, predicates: 256, values: 10_000, depth: 16 } as const;

/** A filter in a body: text in either syntax, or an object. */
export const FilterSchema = z
  .union(
    [
      z.string().max(BODY_FILTER_LIMITS.text),
      z.looseObject({
        kind: z
          .enum(['all', 'and', 'or', 'not', 'test'])
          .openapi({ description: 'The kind of filter object: its other members depend on it' }),
      }),
    ],
    'a filter must be text, or an object with a kind: all, and, or, not, test',
  )
  .openapi('Filter', {
    description:
      'A filter: an expression (`proto == tcp and not dport in {80, 443}`), a query string (`proto=tcp&dport.not=80,443`), or an object as `@conntrack/filter` makes it. The JSON schema of the object is in `@conntrack/filter/schema`',
    example: 'proto == tcp and not dport in {80, 443}',
  });

let compiled: z.ZodType | undefined;
/** The schema of a single test. The tree around it is checked by hand, because unions of recursive schemas take exponential time to fail. */
const testSchema = (): z.ZodType => {
  compiled ??= z.fromJSONSchema({ ...filterJsonSchema, $ref: '#/$defs/test' } as never) as unknown as z.ZodType;
  return compiled;
};

/** A fault of a filter in a body, with its place. */
class BodyFilterFault extends Error {
  constructor(readonly fault: Fault) {
    super(fault.message);
  }
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

function only(node: Record<string, unknown>, names: readonly string[], pointer: string): void {
  const unknown = Object.keys(node).find(name => !names.includes(name));
  if (unknown !== undefined)
    throw new BodyFilterFault({ code: 'unknown', message: `unknown member '${unknown}'`, pointer });
}

/** Converts a parsed JSON value to a filter. @throws BodyFilterFault */
function astOf(node: unknown, pointer: string, depth: number): Filter {
  const wrong = (message: string): BodyFilterFault => new BodyFilterFault({ code: 'invalid', message, pointer });
  if (depth > BODY_FILTER_LIMITS.depth)
    throw wrong(`a filter can nest at most ${BODY_FILTER_LIMITS.depth} levels deep`);
  if (!isObject(node)) throw wrong('a filter must be an object with a kind');
  switch (node.kind) {
    case 'all':
      only(node, ['kind'], pointer);
      return { kind: 'all' };
    case 'not':
      only(node, ['kind', 'term'], pointer);
      return negate(astOf(node.term, `${pointer}/term`, depth + 1));
    case 'and':
    case 'or': {
      only(node, ['kind', 'terms'], pointer);
      // Without terms, `and` would match everything and `or` nothing. Neither is ever intended.
      if (!Array.isArray(node.terms) || node.terms.length === 0)
        throw wrong(`'${node.kind}' must have at least one filter in 'terms'`);
      const terms = node.terms.map((term, i) => astOf(term, `${pointer}/terms/${i}`, depth + 1));
      return node.kind === 'and' ? allOf(terms) : anyOf(terms);
    }
    case 'test': {
      if (!testSchema().safeParse(node).success)
        throw wrong('invalid test. See the JSON schema @conntrack/filter/schema');
      return node as unknown as Test;
    }
    default:
      throw wrong("'kind' must be all, and, or, not or test");
  }
}

/** A parsed filter. */
export interface BodyFilter {
  filter: Filter;
  /** Length of its text in characters. */
  length: number;
  warnings: readonly FilterIssue[];
}

/**
 * Parses the filter of a body. A filter object is printed and parsed again, so that all rules for text apply to it.
 * Faults are added to `faults`, with `pointer` as their place.
 */
export function readBodyFilter(
  value: unknown,
  pointer: string,
  purpose: 'read' | 'change',
  faults: Fault[],
): BodyFilter | undefined {
  const options = { purpose, limits: BODY_FILTER_LIMITS };
  try {
    const text = typeof value === 'string' ? value : printExpression(astOf(value, pointer, 1));
    const read = typeof value === 'string' ? parseFilter(text, options) : parseExpression(text, options);
    // A field that entries never have would match nothing, and its negation everything. The table itself checks the
    // others.
    const index = purpose === 'read';
    requireSource(read.filter, { accounting: true, timestamps: true, index, rates: index, fleet: true });
    return { ...read, length: text.length };
  } catch (error) {
    if (error instanceof BodyFilterFault) faults.push(error.fault);
    else if (error instanceof FilterError) faults.push(...filterFaults(error).map(fault => ({ ...fault, pointer })));
    else throw error;
    return undefined;
  }
}
