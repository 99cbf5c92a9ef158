import type { z } from '@hono/zod-openapi';
import { PROBLEM_TYPE, PROBLEMS, type ProblemCode } from '../http/problem/problems.js';
import type { Answer, Operation } from '../operations/operation.js';
import { EXAMPLES } from './examples.js';

// The responses in the document. Problem responses are shared components: the operations have hundreds, but only a few
// dozen are different.

/** Response headers and their descriptions. */
const HEADERS = {
  'X-Request-Id': 'The request’s id in the log: the one that the client sent, or a generated one',
  'Server-Timing': 'Milliseconds that the server took until the response started',
  'RateLimit-Policy': 'How many requests the principal may send (q) in how many seconds (w)',
  RateLimit: 'How many requests are left (r), and in how many seconds the full quota is available again (t)',
  'Retry-After': 'Seconds to wait before the next attempt; absent where the server does not know it',
} as const;
type HeaderName = keyof typeof HEADERS;
const ALWAYS: readonly HeaderName[] = ['X-Request-Id', 'Server-Timing'];
const LIMITED: readonly HeaderName[] = [...ALWAYS, 'RateLimit-Policy', 'RateLimit'];
const RETRIED: ReadonlySet<number> = new Set([429, 503]);

const header = (description: string): object => ({ description, schema: { type: 'string' } });
const shared = (names: readonly HeaderName[]): Record<string, object> =>
  Object.fromEntries(names.map(name => [name, { $ref: `#/components/headers/${name}` }]));

/** The document's `components.headers`. */
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
    detail: 'What is wrong, and what to do about it',
    code,
    requestId: '7c9d5a52-7f5b-4a39-8a55-6b8a4a0d3d10',
  },
});

/** The response for the problems with one status. */
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

/** Collects the problem responses that operations refer to, with their examples, as components. */
export class ProblemAnswers {
  readonly responses: Record<string, object> = {};
  readonly examples: Record<string, object> = {};
  readonly #common: ReadonlySet<ProblemCode>;

  /** Makes a collector. @param common codes that every route can have; they do not appear in component names */
  constructor(common: readonly ProblemCode[]) {
    this.#common = new Set(common);
  }

  /** References to the responses for these problems, by status. */
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
 * The media types of a response. Its default type is in `content`. The other types are all text and are in `x-content`:
 * generators would otherwise make a union of the types, and parse text as JSON.
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

type Operations = Record<string, Record<string, { operationId?: string; responses?: Record<string, object> }>>;

/**
 * Replaces the responses that several operations have by references, and returns them by name: that of the first operation which has it.
 */
export function shareAnswers(paths: object): Record<string, object> {
  const uses = new Map<string, { responses: Record<string, object>; status: string; name: string }[]>();
  for (const item of Object.values(paths as Operations))
    for (const { operationId, responses = {} } of Object.values(item))
      for (const [status, response] of Object.entries(responses)) {
        if ('$ref' in response || operationId === undefined) continue;
        const text = JSON.stringify(response);
        uses.set(text, [...(uses.get(text) ?? []), { responses, status, name: `${operationId}.${status}` }]);
      }
  const components: Record<string, object> = {};
  for (const places of uses.values()) {
    if (places.length < 2) continue;
    const { responses, status, name } = places[0]!;
    components[name] = responses[status]!;
    for (const place of places) place.responses[place.status] = { $ref: `#/components/responses/${name}` };
  }
  return components;
}

/** The success responses of an operation, by status. */
export const answersOf = (operation: Operation): Record<string, object> =>
  Object.fromEntries(Object.entries(operation.answers).map(([status, each]) => [status, answer(operation, each)]));
