import { PROBLEMS } from '../http/problem/problems.js';

const flow = {
  id: 3405691582,
  key: 'ct1.AQAAAgbAqAEKXbjYIsgiAbvK_rq-',
  family: 'ipv4',
  protocol: 'tcp',
  protonum: 6,
  original: { src: '192.168.1.10', dst: '93.184.216.34', sport: 51234, dport: 443, packets: 12, bytes: 3416 },
  reply: { src: '93.184.216.34', dst: '203.0.113.7', sport: 443, dport: 51234, packets: 10, bytes: 18233 },
  state: 'ESTABLISHED',
  status: ['SEEN_REPLY', 'ASSURED', 'CONFIRMED', 'SRC_NAT', 'SRC_NAT_DONE'],
  timeout: 431994,
  mark: 16,
  use: 1,
};

const list = {
  items: [flow],
  next: 'WzI4NDk2MTQ0NCwzNDA1NjkxNTgyXQ',
  meta: { scanned: 1832, matched: 214, more: 213, filter: 'proto=tcp&state=ESTABLISHED', position: '4f1d2a90bc-1' },
};

const past = {
  from: '2026-03-01T12:02:00.000Z',
  to: '2026-03-01T12:04:00.000Z',
  gaps: [
    {
      from: '2026-03-01T12:03:00.000Z',
      to: '2026-03-01T12:03:20.000Z',
      cause: 'stopped',
      reason: 'the recorder was stopped',
    },
  ],
  skipped: [],
};

const lists = {
  'application/json': list,
  'application/x-ndjson': `${JSON.stringify(flow)}\n{"type":"end","matched":1}\n`,
  'text/csv': 'src,dst,sport,dport\r\n192.168.1.10,93.184.216.34,51234,443\r\n',
  'text/plain':
    'tcp      6 431994 ESTABLISHED src=192.168.1.10 dst=93.184.216.34 sport=51234 dport=443 src=93.184.216.34 dst=203.0.113.7 sport=443 dport=51234 [ASSURED] mark=16 use=1\n',
};

const counts = {
  dryRun: false,
  matched: 15,
  gone: 1,
  failed: 0,
  skipped: 2,
  breakdown: { 'tcp ESTABLISHED': 12, udp: 1 },
  failures: [],
  warnings: [
    'a TCP connection that continues to send gets a new entry while net.netfilter.nf_conntrack_tcp_loose is 1 (default)',
  ],
};
const deleted = { deleted: 12, ...counts };
const updated = { updated: 12, ...counts, warnings: [] };

const plan = {
  state: 'ready',
  id: '0b5f1d6e-3f0c-4b6c-9b2e-8d2a1f0c7e11',
  expires: '2026-01-01T00:01:00.000Z',
  execute: '/conntrack/plans/0b5f1d6e-3f0c-4b6c-9b2e-8d2a1f0c7e11/execute',
  change: 'delete',
  count: 1,
  matched: 2,
  skipped: 1,
  skips: [{ reason: 'protected', count: 1 }],
  breakdown: { 'tcp ESTABLISHED': 1 },
  sample: [flow],
  filters: [{ filter: 'dst=93.184.216.34', matched: 2 }],
};

const expectation = {
  key: 'ct1.AQAAAgYKAAABCgAAAgAAD6AAAAAB',
  id: 1,
  family: 'ipv4',
  protocol: 'tcp',
  protonum: 6,
  tuple: { src: '10.0.0.1', dst: '10.0.0.2', sport: 0, dport: 4000 },
  mask: { src: '255.255.255.255', dst: '255.255.255.255', sport: 0, dport: 65535 },
  master: { src: '10.0.0.1', dst: '10.0.0.2', sport: 51000, dport: 21 },
  timeout: 297,
  class: 0,
  helper: 'ftp',
};

const json = (value: unknown): Readonly<Record<string, unknown>> => ({ 'application/json': value });

const rankingItems = [
  { group: '192.168.1.10', values: { src: '192.168.1.10' }, filter: 'src=192.168.1.10', value: 21649, error: 0 },
];
const rankingFacts = { by: 'src', metric: 'bytes', approximate: false, groups: 84, total: 1048576 };

const top = json({ items: rankingItems, meta: { ...rankingFacts, matched: 1832, scanned: 1832, filter: '' } });

const overview = json({
  items: [flow],
  groups: [{ ...rankingFacts, items: rankingItems }],
  counts: { unreplied: 12 },
  meta: { scanned: 1832, matched: 1832, more: 1831, time: '2026-03-01T12:00:00.000Z', filter: '' },
});

/** Examples of success responses, by operation id and media type. */
export const EXAMPLES: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  listFlows: lists,
  streamFlows: lists,
  queryFlows: lists,
  searchFlows: lists,
  createFlow: json(flow),
  updateFlows: json(updated),
  deleteFlows: json(deleted),
  countFlows: json({ count: 214, filter: 'proto=tcp&state=ESTABLISHED' }),
  lookupFlow: json(flow),
  listTopGroups: top,
  searchTopGroups: top,
  getOverview: overview,
  createPlan: json(plan),
  executePlan: json({ ...deleted, notAttempted: 0, skips: [{ reason: 'protected', count: 2 }] }),
  getPlan: json({
    ...{
      id: plan.id,
      state: 'done',
      change: plan.change,
      count: plan.count,
      matched: plan.matched,
      skipped: plan.skipped,
    },
    filters: plan.filters,
    expires: plan.expires,
    started: '2026-03-01T12:00:05.000Z',
    ended: '2026-03-01T12:00:05.120Z',
    result: {
      ...{ matched: plan.matched, deleted: plan.count, gone: 0, failed: 0, skipped: plan.skipped, notAttempted: 0 },
      failures: [],
      warnings: [],
    },
  }),
  drainFlows: json({ ...updated, skips: [{ reason: 'already has a deadline', count: 2 }] }),
  reconcileFlows: json(deleted),
  changeFlows: json({
    dryRun: false,
    counts: { done: 2, ready: 0, gone: 1, replaced: 0, exists: 0, protected: 0, failed: 0 },
    results: [
      { op: 'delete', outcome: 'done', key: flow.key },
      {
        op: 'update',
        outcome: 'gone',
        key: flow.key,
        code: 'not-found',
        detail: 'this connection has ended: no entry has its tuple',
      },
      { op: 'upsert', outcome: 'done', key: flow.key, created: false },
    ],
  }),
  snapshotFlows: { 'application/x-ndjson': lists['application/x-ndjson'] },
  restoreFlows: json({
    dryRun: false,
    read: 14,
    created: 12,
    existed: 1,
    refused: 1,
    refusals: [
      {
        code: 'outside',
        reason: 'this flow is outside the filter of this caller',
        count: 1,
        examples: [flow],
      },
    ],
    badLines: 0,
    lost: { counters: 12 },
  }),
  flushFlows: json({ flushed: { family: 'ipv6' } }),
  getFlow: json(flow),
  updateFlow: json({ ...flow, mark: 17 }),
  listExpectations: json({ items: [expectation], next: null, meta: { scanned: 1, matched: 1 } }),
  flushExpectations: json({ flushed: { helper: 'ftp' } }),
  listHistory: {
    ...lists,
    'application/json': {
      items: [{ ...flow, start: '2026-03-01T12:00:00.120000Z', stop: '2026-03-01T12:03:10.480000Z' }],
      next: null,
      meta: { matched: 1, more: 0, filter: 'src=192.168.1.10', ...past },
    },
  },
  countHistory: json({ count: 214, filter: 'proto=tcp', ...past }),
  listTopHistory: json({
    items: [
      { group: '192.168.1.10', values: { src: '192.168.1.10' }, filter: 'src=192.168.1.10', value: 214, error: 0 },
    ],
    meta: {
      by: 'src',
      metric: 'flows',
      approximate: false,
      groups: 1,
      total: 214,
      matched: 214,
      scanned: 214,
      filter: '',
      ...past,
    },
  }),
  listHistoryGaps: json(past),
  getStats: json({
    count: 1832,
    max: 262144,
    fill: 0.007,
    cpus: [{ cpu: 0, found: 12, insertFailed: 0, drop: 0 }],
    total: { found: 12, insertFailed: 0, drop: 0 },
  }),
  getCapabilities: json({
    source: { kind: 'kernel', name: 'kernel', writable: true },
    count: 1832,
    max: 262144,
    accounting: false,
    timestamps: false,
    eventsMode: 2,
    tcpLoose: true,
    writable: true,
    notes: [],
  }),
  diagnose: json({
    source: { kind: 'kernel', name: 'kernel', writable: true },
    findings: [
      {
        check: 'accounting',
        status: 'note',
        found: 'nf_conntrack_acct is 0',
        effect: 'packets and bytes are absent, and filters on them are refused',
        fix: 'sysctl -w net.netfilter.nf_conntrack_acct=1 (applies to new connections)',
      },
    ],
  }),
  checkFilter: json({ valid: true, query: 'proto=tcp', expression: 'proto == tcp', fields: ['proto'] }),
  completeFilter: json({ from: 10, to: 12, items: [{ text: 'dport', kind: 'field', detail: 'Destination port' }] }),
  explainFilter: json({
    text: 'protocol is tcp',
    query: 'proto=tcp',
    expression: 'proto == tcp',
    fields: ['proto'],
    requires: [],
    plan: { kind: 'dump', why: 'the kernel compares the protocol' },
  }),
  listFilterFields: json({ fields: [{ name: 'proto' }] }),
  getCaller: json({ name: 'noc', scopes: ['flows:read', 'flows:watch', 'stats:read'] }),
  getVersion: json({
    node: 'gw1',
    version: '0.2.0',
    apiVersion: '1',
    bootId: '4f1d2a90-6b7c-4d0e-9a52-1f0c7e113b2d',
    instanceId: '7c9d5a52-7f5b-4a39-8a55-6b8a4a0d3d10',
    started: '2026-03-01T12:00:00.000Z',
  }),
  listNamespaces: json({
    items: [
      { name: '.', path: '' },
      { name: 'blue', path: '/netns/blue' },
    ],
  }),
  getMetrics: { 'text/plain': '# TYPE node_nf_conntrack_entries gauge\nnode_nf_conntrack_entries 1832\n' },
  checkLiveness: json({ status: 'live' }),
  checkReadiness: json({ status: 'ready' }),
  getProblem: json({ code: 'filter-invalid', status: 400, title: PROBLEMS['filter-invalid'].title }),
  listProblems: json({
    problems: [{ code: 'filter-invalid', status: 400, title: PROBLEMS['filter-invalid'].title }],
  }),
};
