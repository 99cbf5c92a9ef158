import { allOf, anyOf, type Filter, FilterError, type FilterIssue, negate, type Test } from '@conntrack/filter';
import { parseExpression, parseFilter } from '@conntrack/filter/hints';
import { printExpression } from '@conntrack/filter/print';
import { requireSource } from '@conntrack/filter/requirements';
import { filterJsonSchema } from '@conntrack/filter/schema';
import { z } from '@hono/zod-openapi';
import { filterFaults } from '../http/problem/problem-of.js';
import type { Fault } from '../http/problem/problems.js';

/** What a filter in a body may ask for: more than one in a URL, and no more than a scan can bear. */
export const BODY_FILTER_LIMITS = { text: 256 * 1024, predicates: 256, values: 10_000, depth: 16 } as const;

/** A filter in a body: text in either spelling, or the abstract syntax. */
export const FilterSchema = z
  .union(
    [z.string().max(BODY_FILTER_LIMITS.text), z.looseObject({ kind: z.enum(['all', 'and', 'or', 'not', 'test']) })],
    'a filter is text, or an object with a kind: all, and, or, not, test',
  )
  .openapi('Filter', {
    description:
      'A filter as an expression (`proto == tcp and not dport in {80, 443}`), as a query string (`proto=tcp&dport.not=80,443`), or as the abstract syntax that `@conntrack/filter` makes, whose JSON schema is `@conntrack/filter/schema`',
    example: 'proto == tcp and not dport in {80, 443}',
  });

let compiled: z.ZodType | undefined;
/** One test of the abstract syntax. The tree around it is walked here: unions of recursive schemas take exponential time to fail. */
const testSchema = (): z.ZodType => {
  compiled ??= z.fromJSONSchema({ ...filterJsonSchema, $ref: '#/$defs/test' } as never) as unknown as z.ZodType;
  return compiled;
};

/** A filter that cannot be read: its faults, each with its place in the body. */
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

/** The abstract syntax of a parsed JSON value. */
function astOf(node: unknown, pointer: string, depth: number): Filter {
  const wrong = (message: string): BodyFilterFault => new BodyFilterFault({ code: 'invalid', message, pointer });
  if (depth > BODY_FILTER_LIMITS.depth) throw wrong(`a filter can nest at most ${BODY_FILTER_LIMITS.depth} deep`);
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
      // Of no terms `and` would be everything, and `or` nothing: neither is ever meant.
      if (!Array.isArray(node.terms) || node.terms.length === 0) throw wrong(`${node.kind} needs terms`);
      const terms = node.terms.map((term, i) => astOf(term, `${pointer}/terms/${i}`, depth + 1));
      return node.kind === 'and' ? allOf(terms) : anyOf(terms);
    }
    case 'test': {
      if (!testSchema().safeParse(node).success) throw wrong('this is not a test of the filter schema');
      return node as unknown as Test;
    }
    default:
      throw wrong('kind must be all, and, or, not or test');
  }
}

/** A filter that was read. */
export interface BodyFilter {
  filter: Filter;
  /** Characters of its text. */
  length: number;
  warnings: readonly FilterIssue[];
}

/**
 * Reads the filter of a body. The abstract syntax is printed and read again, so that it is held to all that text is held to. What is wrong is added to
 * `faults`, with `pointer`.
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
    // What an entry never has would match nothing, and its negation everything.
    requireSource(read.filter, { accounting: true, timestamps: true });
    return { ...read, length: text.length };
  } catch (error) {
    if (error instanceof BodyFilterFault) faults.push(error.fault);
    else if (error instanceof FilterError) faults.push(...filterFaults(error).map(fault => ({ ...fault, pointer })));
    else throw error;
    return undefined;
  }
}
