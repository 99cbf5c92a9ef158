// Real traffic through a NAT router, found through the API, the CLI and each package, with the same tuples, states and
// status.
import { spawnSync } from 'node:child_process';
import { serve } from '@conntrack/api';
import { parseQuery } from '@conntrack/filter';
import { compileFilter } from '@conntrack/filter/compile';
import { type Flow, FlowObjectCursor, type Tuple } from '@conntrack/flow';
import { createNatLab, labAvailable, type NatLab, type TrafficHandle } from '@conntrack/lab';
import { Conntrack } from '@conntrack/netlink';
import { parseText } from '@conntrack/parser/all';
import { formatFlow } from '@conntrack/parser/format';
import { type ConntrackTable, openTable } from '@conntrack/table';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ctctl } from './ctctl.js';

const reason = labAvailable();
const hasConntrack = spawnSync('conntrack', ['-V'], { stdio: 'ignore' }).status === 0;

/** Traffic, and the expected flow on the router. */
interface Expected {
  name: string;
  handle: TrafficHandle;
  state?: string | RegExp;
  status?: string[];
  notStatus?: string[];
}

describe.skipIf(reason)(`traffic through a NAT router${reason ? ` (${reason})` : ''}`, () => {
  let lab: NatLab;
  let table: ConntrackTable;
  const expected: Expected[] = [];

  beforeAll(async () => {
    lab = await createNatLab({ marks: { 443: 0x10 } });
    table = await openTable('kernel', { netns: lab.router.fd });
    const { traffic } = lab;
    const add = (name: string, handle: TrafficHandle, more: Omit<Expected, 'name' | 'handle'> = {}): void => {
      expected.push({ name, handle, ...more });
    };
    for (const family of lab.families) {
      const translated = family === 'ipv4' ? ['SRC_NAT'] : [];
      const replied = { status: ['SEEN_REPLY', 'CONFIRMED', ...translated] };
      const assured = ['SEEN_REPLY', 'ASSURED', ...translated];
      add(`${family} established`, await traffic.tcpEstablished({ family }), { state: 'ESTABLISHED', status: assured });
      add(`${family} closed`, await traffic.tcpClosed({ family }), { state: 'TIME_WAIT', status: assured });
      add(`${family} reset`, await traffic.tcpReset({ family }), { state: 'CLOSE' });
      add(`${family} half closed`, await traffic.tcpHalfClosed({ family }), { state: /^(CLOSE_WAIT|FIN_WAIT)$/ });
      add(`${family} syn`, await traffic.tcpSynOnly({ family }), {
        state: 'SYN_SENT',
        notStatus: ['SEEN_REPLY', 'ASSURED'],
      });
      add(`${family} udp answered`, await traffic.udpExchange({ family }), replied);
      add(`${family} udp unanswered`, await traffic.udpRequest({ family }), { notStatus: ['SEEN_REPLY'] });
      add(`${family} echo`, await traffic.icmpEcho({ family }), replied);
      add(`${family} forwarded`, await traffic.tcpForwarded({ family }), {
        state: 'ESTABLISHED',
        status: ['DST_NAT', 'ASSURED'],
      });
    }
  });

  afterAll(async () => {
    table?.close();
    await lab?.close();
  });

  /** Checks that the flow of this traffic exists and is as expected. */
  function check(flows: readonly Flow[], what: Expected, textOnly = false): Flow {
    const { handle, name } = what;
    const same = (tuple: Tuple, wanted: Tuple): boolean =>
      Object.entries(wanted).every(([field, value]) => tuple[field as keyof Tuple] === value);
    const found = flows.filter(flow => flow.protonum === handle.protonum && same(flow.original, handle.original));
    expect(found, `${name}: ${JSON.stringify(handle.original)}`).toHaveLength(1);
    const [flow] = found as [Flow];
    expect(flow.family, name).toBe(handle.family);
    expect(flow.reply, name).toMatchObject(handle.reply);
    if (what.state instanceof RegExp) expect(flow.state, name).toMatch(what.state);
    else expect(flow.state, name).toBe(what.state);
    // Text formats show no more than this of the status.
    const shown = (names: string[]): string[] =>
      textOnly ? names.filter(bit => bit === 'SEEN_REPLY' || bit === 'ASSURED') : names;
    expect(flow.status, name).toEqual(expect.arrayContaining(shown(what.status ?? [])));
    for (const bit of what.notStatus ?? []) expect(flow.status, name).not.toContain(bit);
    expect(flow.original.packets, name).toBeGreaterThan(0);
    expect(flow.mark, name).toBe(handle.original.dport === 443 && flow.protonum === 6 ? 0x10 : 0);
    return flow;
  }

  const viaNetlink = async (): Promise<Flow[]> => {
    const conntrack = Conntrack.open({ netns: lab.router.path });
    const flows: Flow[] = [];
    for await (const flow of conntrack.list()) flows.push(flow);
    conntrack.close();
    return flows;
  };

  it('@conntrack/netlink alone finds traffic through NAT, with look-ups in either direction', async () => {
    const flows = await viaNetlink();
    const conntrack = Conntrack.open({ netns: lab.router.fd });
    for (const what of expected) {
      const { id, start } = check(flows, what);
      expect(start).toMatch(/^20\d\d-/);
      const { family, protonum, original, reply } = what.handle;
      for (const tuple of [original, reply])
        expect((await conntrack.get({ family, protonum, original: tuple }))?.id, what.name).toBe(id);
    }
    conntrack.close();
  });

  it('@conntrack/filter alone finds traffic through NAT', async () => {
    const flows = await viaNetlink();
    for (const what of expected) {
      const { protocol, original } = what.handle;
      const ports =
        original.sport === undefined ? `icmp.id=${original.id}` : `sport=${original.sport}&dport=${original.dport}`;
      const matches = compileFilter(
        parseQuery(`proto=${protocol}&src=${original.src}&dst=${original.dst}&${ports}`).filter,
      );
      check(
        flows.filter(flow => matches(new FlowObjectCursor(flow))),
        what,
      );
    }
  });

  it('@conntrack/parser finds traffic through NAT in the output of conntrack(8), byte for byte', async ({ skip }) => {
    skip(!hasConntrack, 'conntrack(8) is not installed');
    const { stdout } = await lab.router.run('conntrack', ['-L', '-o', 'extended,id']);
    const flows = [...parseText(stdout)];
    for (const what of expected) check(flows, what, true);
    const written = flows.map(flow => formatFlow(flow, { format: 'conntrack', extended: true, id: true }));
    expect(`${written.join('\n')}\n`).toBe(stdout);
  });

  it('@conntrack/table finds traffic through NAT with filters in the kernel', async () => {
    for (const what of expected) {
      const { protocol, original, family } = what.handle;
      const state = what.state === 'ESTABLISHED' ? '&state=ESTABLISHED' : '';
      const { filter } = parseQuery(`family=${family}&proto=${protocol}&src=${original.src}${state}`);
      const flows: Flow[] = [];
      for await (const flow of table.list({ filter })) flows.push(flow);
      check(flows, what);
    }
    const dnat = parseQuery('nat=dst').filter;
    expect(await table.count({ filter: dnat })).toBe(lab.families.length);
  });

  it('the API finds, changes and deletes traffic through NAT', async () => {
    const server = await serve({ table, listen: '127.0.0.1:0', anonymous: 'read' });
    try {
      const ask = async (path: string, init: RequestInit = {}): Promise<{ status: number; body: unknown }> => {
        const answer = await fetch(server.url + path, init);
        const text = await answer.text();
        return { status: answer.status, body: text === '' ? undefined : JSON.parse(text) };
      };
      const { body } = await ask('/conntrack?limit=1000');
      const { items } = body as { items: Flow[] };
      for (const what of expected) check(items, what);

      const established = (await ask('/conntrack?proto=tcp&state=ESTABLISHED')).body as { items: Flow[] };
      expect(new Set(established.items.map(flow => flow.state))).toEqual(new Set(['ESTABLISHED']));
      expect(established.items).toHaveLength(lab.families.length * 2);

      const { original } = expected[0]!.handle;
      const exact = `proto=tcp&src=${original.src}&dst=${original.dst}&sport=${original.sport}&dport=${original.dport}`;
      const found = (await ask(`/conntrack/lookup?${exact}`)).body as Flow;
      const headers = { authorization: `Bearer ${server.adminToken}`, 'content-type': 'application/json' };
      expect((await ask('/conntrack', { method: 'DELETE', headers })).status).toBe(400);
      expect((await ask(`/conntrack?${exact}`, { method: 'DELETE' })).status).toBe(401);
      const patched = await ask(`/conntrack/${found.key}`, { method: 'PATCH', headers, body: '{"mark":7}' });
      expect(patched).toMatchObject({ status: 200, body: { mark: 7, id: found.id } });
      expect((await ask(`/conntrack/${found.key}`, { method: 'DELETE', headers })).status).toBe(204);
      expect((await ask(`/conntrack/${found.key}`)).status).toBe(404);
      expected.shift();
      for (const what of expected)
        check(
          ((await ask('/conntrack?limit=1000')).body as { items: Flow[] }).items,
          what.name.includes('forwarded') ? { ...what } : what,
        );
    } finally {
      await server.close();
    }
  });

  it('ctctl finds and deletes traffic through NAT', async () => {
    const kernel = ['--source', 'kernel', '--netns', lab.router.path];
    const listed = await ctctl(['list', ...kernel, '-o', 'json']);
    expect(listed.stderr).not.toMatch(/error/);
    const parsed = JSON.parse(listed.stdout) as Flow[] | { items: Flow[] };
    const flows = Array.isArray(parsed) ? parsed : parsed.items;
    for (const what of expected) check(flows, what);

    const before = Number((await ctctl(['count', ...kernel])).stdout);
    const removed = await ctctl(['delete', 'proto=udp&dport=514', ...kernel]);
    expect(removed.code).toBe(0);
    expect(Number((await ctctl(['count', ...kernel])).stdout)).toBe(before - lab.families.length);
    const left = await ctctl(['count', 'proto=udp&dport=514', ...kernel]);
    expect(left.stdout.trim()).toBe('0');
  });
});
