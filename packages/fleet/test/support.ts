import { createApp, hashToken, SCOPES, type Scope } from '@conntrack/api';
import { type Filter, parseQuery } from '@conntrack/filter';
import type { Flow } from '@conntrack/flow';
import { ConntrackTable, MemorySource, type TableOptions } from '@conntrack/table';
import {
  Fleet,
  type FleetOptions,
  fixedInventory,
  type Member,
  type RemoteMemberOptions,
  remoteMember,
} from '../src/index.js';

export const TOKEN = 'a-token-of-the-hub-with-all-scopes';

/** A filter of the query language. */
export const filter = (query: string): Filter => parseQuery(query).filter;

/** All items of an async iterable. */
export async function all<T>(items: AsyncIterable<T>): Promise<T[]> {
  const found: T[] = [];
  for await (const item of items) found.push(item);
  return found;
}

/** The error of a promise that must fail. */
export const failing = async <T extends Error>(promise: Promise<unknown>): Promise<T> =>
  promise.then(
    () => {
      throw new Error('it did not fail');
    },
    (error: T) => error,
  );

/** The nth TCP connection of a node: mark n modulo 7, n packets, every second one established. */
export const flowOf = (n: number, extra: Partial<Flow> = {}): Flow => ({
  id: 1000 + n,
  family: 'ipv4',
  protocol: 'tcp',
  protonum: 6,
  original: {
    src: `10.0.0.${n % 5}`,
    dst: `192.0.2.${n % 3}`,
    sport: 1000 + n,
    dport: n % 2 ? 80 : 443,
    packets: n,
    bytes: n * 100,
  },
  reply: {
    src: `192.0.2.${n % 3}`,
    dst: `10.0.0.${n % 5}`,
    sport: n % 2 ? 80 : 443,
    dport: 1000 + n,
    packets: 1,
    bytes: 50,
  },
  state: n % 2 ? 'ESTABLISHED' : 'TIME_WAIT',
  status: ['SEEN_REPLY', 'ASSURED', 'CONFIRMED'],
  timeout: 100,
  mark: n % 7,
  ...extra,
});

export const flows = (count: number, from = 1): Flow[] => Array.from({ length: count }, (_, n) => flowOf(from + n));

export const tableOf = (own: Iterable<Flow>, options: TableOptions = {}): ConntrackTable =>
  new ConntrackTable(new MemorySource(own), options);

/** A member whose table is in this process. */
export const localMember = (id: string, table: ConntrackTable, tags: readonly string[] = []): Member => ({
  id,
  tags,
  table,
});

/** A node: the HTTP API of a table in memory, without a network. */
export interface Node {
  readonly member: Member;
  readonly table: ConntrackTable;
  /** The audit lines and errors of the node. */
  readonly lines: Record<string, unknown>[];
  /** The requests that arrived. */
  readonly requests: Request[];
}

export interface NodeOptions {
  readonly table?: ConntrackTable;
  readonly scopes?: readonly Scope[];
  /** The filter of the hub's token at this node. */
  readonly limit?: Filter;
  readonly expires?: Date;
  /** Changes what happens to a request: it can wait, fail, or continue. */
  readonly wire?: (request: Request, next: () => Promise<Response>) => Promise<Response>;
  readonly member?: Partial<RemoteMemberOptions>;
}

export function httpNode(id: string, own: Iterable<Flow>, options: NodeOptions = {}): Node {
  const { table = tableOf(own), scopes = SCOPES, limit, expires, wire, member } = options;
  const lines: Record<string, unknown>[] = [];
  const requests: Request[] = [];
  const app = createApp({
    table,
    auth: {
      tokens: [
        { name: 'hub', sha256: hashToken(TOKEN), scopes, ...(limit && { filter: limit }), ...(expires && { expires }) },
      ],
    },
    hosts: { names: [id] },
    log: line => lines.push(line as Record<string, unknown>),
  });
  const fetch = async (input: string | URL | Request, init?: RequestInit): Promise<Response> => {
    const request = new Request(input, init);
    requests.push(request);
    const next = async (): Promise<Response> => app.fetch(request);
    const answer = wire === undefined ? next() : wire(request, next);
    return Promise.race([answer, aborted(init?.signal)]);
  };
  return { member: remoteMember({ id, url: `http://${id}`, token: TOKEN, fetch, ...member }), table, lines, requests };
}

const aborted = (signal: AbortSignal | null | undefined): Promise<never> =>
  new Promise((_, reject) => {
    signal?.addEventListener('abort', () => reject(signal.reason), { once: true });
  });

/** A request that never ends. */
export const silence = (): Promise<Response> => new Promise(() => {});

export const fleetOf = (members: readonly Member[], options: Partial<FleetOptions> = {}): Fleet =>
  new Fleet({ inventory: fixedInventory(members), ...options });
