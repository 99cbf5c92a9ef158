import { createApp, hashToken, SCOPES, type Scope, type StoredToken } from '@conntrack/api';
import type { Flow } from '@conntrack/flow';
import { ConntrackTable, MemorySource } from '@conntrack/table';
import { expect, onTestFinished } from 'vitest';
import {
  type Agent,
  type AgentOptions,
  type AgentReport,
  type HubOptions,
  NatsHub,
  startAgent,
} from '../../src/nats/index.js';

export const TOKEN = 'test-token-with-every-scope';

/** TCP flow number `n`. */
export const tcpFlow = (n: number): Flow => ({
  id: 1000 + n,
  family: 'ipv4',
  protocol: 'tcp',
  protonum: 6,
  original: { src: `10.${n >> 16}.${(n >> 8) & 255}.${n & 255}`, dst: '198.51.100.7', sport: 40000, dport: 443 },
  reply: { src: '198.51.100.7', dst: `10.${n >> 16}.${(n >> 8) & 255}.${n & 255}`, sport: 443, dport: 40000 },
  state: 'ESTABLISHED',
  status: ['SEEN_REPLY', 'ASSURED', 'CONFIRMED'],
  timeout: 600,
  mark: n & 1,
});

export const flows = (count: number): Flow[] => Array.from({ length: count }, (_, n) => tcpFlow(n));

export const tokenOf = (name: string, token: string, scopes: readonly Scope[] = SCOPES): StoredToken => ({
  name,
  sha256: hashToken(token),
  scopes,
});

/** A node: the application of a server over a table in memory, and its agent. */
export interface TestNode {
  readonly agent: Agent;
  readonly table: ConntrackTable;
  readonly reports: AgentReport[];
  /** The lines of the node's log. */
  readonly lines: Record<string, unknown>[];
  /** Requests that reached the application. */
  readonly requests: string[];
}

export interface TestNodeOptions extends Partial<AgentOptions> {
  servers: string;
  flows?: readonly Flow[];
  accepted?: readonly StoredToken[];
}

/** Makes a node; resolves when it belongs to the fleet. */
export async function startNode(node: string, options: TestNodeOptions): Promise<TestNode> {
  const made = makeNode(node, options);
  await expect.poll(() => made.agent.joined, { interval: 10 }).toBe(true);
  return made;
}

/** Makes a node that may not be able to join. */
export function makeNode(node: string, options: TestNodeOptions): TestNode {
  const { flows: own = flows(3), accepted = [tokenOf('tester', TOKEN)], ...more } = options;
  const table = new ConntrackTable(new MemorySource(own));
  const lines: Record<string, unknown>[] = [];
  const reports: AgentReport[] = [];
  const requests: string[] = [];
  const app = createApp({
    table,
    auth: { tokens: accepted },
    log: line => lines.push(line as Record<string, unknown>),
  });
  const agent = startAgent({
    ...{ fleet: 'edge', node, version: '1.0.0', interval: 200, report: report => reports.push(report) },
    fetch: request => {
      requests.push(`${request.method} ${new URL(request.url).pathname}`);
      return app.fetch(request);
    },
    ...more,
  });
  onTestFinished(() => agent.close());
  return { agent, table, reports, lines, requests };
}

/** Connects a hub. */
export async function connectHub(servers: string, options: Partial<HubOptions> = {}): Promise<NatsHub> {
  const hub = await NatsHub.connect({ servers, fleet: 'edge', token: () => TOKEN, ...options });
  onTestFinished(() => hub.close());
  return hub;
}

/** The headers of a request with the token. */
export const authorized = (token = TOKEN): Record<string, string> => ({ authorization: `Bearer ${token}` });
