import type { z } from '@hono/zod-openapi';
import { PROBLEM_TYPE, PROBLEMS, type ProblemCode } from '../http/problem/problems.js';
import type { Answer, Operation } from '../operations/operation.js';
import { EXAMPLES } from './examples.js';

// The answers of the document. Problems are components: hundreds of answers of the operations are the same few dozen.

/** Headers of answers, and what they say. */
const HEADERS = {
  'X-Request-Id': 'What the logs call this request: the client’s own, or one that was made',
  'Server-Timing': 'Milliseconds until the answer was there',
  'RateLimit-Policy': 'Requests that the principal may send, and in how many seconds',
  RateLimit: 'How many are left, and in how many seconds all are',
  'Retry-After': 'Seconds after which another try is worth it, where that is known',
} as const;
type HeaderName = keyof typeof HEADERS;
const ALWAYS: readonly HeaderName[] = ['X-Request-Id', 'Server-Timing'];
const LIMITED: readonly HeaderName[] = [...ALWAYS, 'RateLimit-Policy', 'RateLimit'];
const RETRIED: ReadonlySet<number> = new Set([429, 503]);

const header = (description: string): object => ({ description, schema: { type: 'string' } });
const shared = (names: readonly HeaderName[]): Record<string, object> =>
  Object.fromEntries(names.map(name => [name, { $ref: `#/components/headers/${name}` }]));

/** `components.headers`. */
export const HEADER_COMPONENTS: Readonly<Record<string, object>> = Object.fromEntries(
  Object.entries(HEADERS).map(([name, description]) => [name, header(description)]),
);

/** An example of a problem. */
const problemExample = (code: ProblemCode): object => ({
  summary: PROBLEMS[code].title,
  value: {
    type: `/problems/${code}`,
    title: PROBLEMS[code].title,
    status: PROBLEMS[code].status,
    detail: 'One sentence that says what is wrong, and what to do about it',
    code,
    requestId: '7c9d5a52-7f5b-4a39-8a55-6b8a4a0d3d10',
  },
});

/** An answer with the problems of one status. */
const problemAnswer = (status: number, codes: readonly ProblemCode[]): object => ({
  description: codes.map(code => `\`${code}\`: ${PROBLEMS[code].title}`).join('. '),
  headers: shared(RETRIED.has(status) ? [...ALWAYS, 'Retry-After'] : ALWAYS),
  content: {
    [PROBLEM_TYPE]: {
      schema: { $ref: '#/components/schemas/Problem' },
      examples: Object.fromEntries(codes.map(code => [code, { $ref: `#/components/examples/${code}` }])),
    },
  },
});

/** The answers with problems, and their examples: components that are collected while operations refer to them. */
export class ProblemAnswers {
  readonly responses: Record<string, object> = {};
  readonly examples: Record<string, object> = {};
  readonly #common: ReadonlySet<ProblemCode>;

  /** @param common codes that any route can have: they make no name */
  constructor(common: readonly ProblemCode[]) {
    this.#common = new Set(common);
  }

  /** References to the problems of these codes, by status. */
  of(codes: readonly ProblemCode[]): Record<string, object> {
    const byStatus = new Map<number, ProblemCode[]>();
    for (const code of [...codes].sort()) {
      const { status } = PROBLEMS[code];
      byStatus.set(status, [...(byStatus.get(status) ?? []), code]);
    }
    return Object.fromEntries([...byStatus].map(([status, each]) => [status, this.#reference(status, each)]));
  }

  #reference(status: number, codes: readonly ProblemCode[]): object {
    const own = codes.filter(code => !this.#common.has(code));
    const name = [`Problem${status}`, ...own].join('.');
    this.responses[name] ??= problemAnswer(status, codes);
    for (const code of codes) this.examples[code] ??= problemExample(code);
    return { $ref: `#/components/responses/${name}` };
  }
}

const withExample = (schema: unknown, example: unknown): object => ({
  schema,
  ...(example !== undefined && { example }),
});

/**
 * The media types of an answer. The one that comes unasked is its content. All others stand in `x-content`, all of them text: generators would make a
 * union of the two, and expect JSON of it.
 */
function contentOf(
  content: Readonly<Record<string, z.ZodType>>,
  examples: Readonly<Record<string, unknown>> = {},
): object {
  const [[type, schema], ...others] = Object.entries(content) as [[string, z.ZodType], ...[string, z.ZodType][]];
  const texts = others.map(([name]) => [name, withExample({ type: 'string' }, examples[name])] as const);
  return {
    content: { [type]: withExample(schema, examples[type]) },
    ...(texts.length > 0 && { 'x-content': Object.fromEntries(texts) }),
  };
}

const answer = (operation: Operation, { description, content, headers = {} }: Answer): object => ({
  description,
  headers: {
    ...shared(operation.access === 'public' ? ALWAYS : LIMITED),
    ...Object.fromEntries(Object.entries(headers).map(([name, text]) => [name, header(text)])),
  },
  ...(content && contentOf(content, EXAMPLES[operation.id.replace(/InNetns$/, '')])),
});

/** The good answers of an operation, by status. */
export const answersOf = (operation: Operation): Record<string, object> =>
  Object.fromEntries(Object.entries(operation.answers).map(([status, each]) => [status, answer(operation, each)]));
