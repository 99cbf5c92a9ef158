import { createApp, type StoredToken } from '@conntrack/api';
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
import { flows, TOKEN, tokenOf } from './data.js';

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
  servers: string | string[];
  flows?: readonly Flow[];
  accepted?: readonly StoredToken[];
  /** Awaited after the application has answered, before the answer is sent. */
  after?: (request: Request) => Promise<void>;
}

/** Makes a node; resolves when it belongs to the fleet. */
export async function startNode(node: string, options: TestNodeOptions): Promise<TestNode> {
  const made = makeNode(node, options);
  await expect.poll(() => made.agent.joined, { interval: 10 }).toBe(true);
  return made;
}

/** Makes a node that may not be able to join. */
export function makeNode(node: string, options: TestNodeOptions): TestNode {
  const { flows: own = flows(3), accepted = [tokenOf('tester', TOKEN)], after, ...more } = options;
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
    fetch: async request => {
      requests.push(`${request.method} ${new URL(request.url).pathname}`);
      const response = await app.fetch(request);
      await after?.(request);
      return response;
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
