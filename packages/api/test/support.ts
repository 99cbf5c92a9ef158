import { PROBLEMS, type ProblemCode } from '@conntrack/client/protocol';
import type { Flow } from '@conntrack/flow';
import { ConntrackTable, MemorySource, TableError, type TableOptions } from '@conntrack/table';
import { expect } from 'vitest';
import { type AppOptions, createApp, hashToken, PROBLEM_TYPE, SCOPES, type Scope } from '../src/index.js';
import { sample } from './flows.js';

export const TOKEN = 'test-token-with-every-scope';

/** The body of `POST /conntrack`. */
export const newFlow = {
  protocol: 'tcp',
  original: { src: '192.0.2.10', dst: '198.51.100.7', sport: 40000, dport: 443 },
  timeout: 600,
};

/** The body of `POST /conntrack/plans`. */
export const newPlan = { filter: 'proto == tcp', change: 'delete' };

export const tableOf = (flows: Iterable<Flow> = sample(), options: TableOptions = {}): ConntrackTable =>
  new ConntrackTable(new MemorySource(flows), options);

/** A table that fails completely after a number of creates. */
export function failingAfter(creations: number): ConntrackTable {
  const source = new MemorySource();
  const create = source.create.bind(source);
  let left = creations;
  source.create = async flow => {
    if (left-- > 0) return create(flow);
    throw new TableError('SOURCE_FAILED', 'the kernel gave an error');
  };
  return new ConntrackTable(source);
}

export interface TestApp {
  readonly lines: Record<string, unknown>[];
  /** Sends a request with a token for all scopes, unless the headers say otherwise. */
  request(target: string, init?: RequestInit & { token?: string | null }): Promise<Response>;
  json<T = never>(target: string, init?: RequestInit & { token?: string | null }): Promise<T>;
}

export function testApp(options: Partial<AppOptions> = {}): TestApp {
  const lines: Record<string, unknown>[] = [];
  const app = createApp({
    table: tableOf(),
    auth: { tokens: [{ name: 'tester', sha256: hashToken(TOKEN), scopes: SCOPES }] },
    hosts: { names: ['conntrack.example'] },
    log: line => lines.push(line as Record<string, unknown>),
    ...options,
  });
  const request: TestApp['request'] = async (target, { token = TOKEN, ...init } = {}) => {
    const headers = new Headers(init.headers);
    if (token !== null && !headers.has('authorization')) headers.set('authorization', `Bearer ${token}`);
    return app.request(target, { ...init, headers });
  };
  return {
    lines,
    request,
    async json<T>(target: string, init?: RequestInit) {
      const response = await request(target, init);
      expect(response.status, await response.clone().text()).toBeLessThan(300);
      return (await response.json()) as T;
    },
  };
}

/** A body with its media type. */
export const body = (value: unknown, method = 'POST', type = 'application/json'): RequestInit => ({
  method,
  body: typeof value === 'string' ? value : JSON.stringify(value),
  headers: { 'content-type': type },
});

/** The members of a problem response. Checks what all problems have in common. */
export async function problem(
  response: Response,
  code: ProblemCode,
): Promise<Record<string, unknown> & { errors: Record<string, unknown>[] }> {
  const text = await response.text();
  const answer = JSON.parse(text || '{}');
  expect(answer, text).toMatchObject({
    code,
    type: `/problems/${code}`,
    title: PROBLEMS[code].title,
    status: PROBLEMS[code].status,
  });
  expect(response.status).toBe(PROBLEMS[code].status);
  expect(response.headers.get('content-type')).toBe(PROBLEM_TYPE);
  expect(answer.detail).toMatch(/\S/);
  expect(text).not.toMatch(/\n\s+at |node:internal|\.ts:\d|\.js:\d/);
  return answer;
}

export const withScopes = (scopes: readonly Scope[]): AppOptions['auth'] => ({
  tokens: [{ name: 'tester', sha256: hashToken(TOKEN), scopes }],
});
