import { type FlowChange, invertTuple, type NewFlow, STATUS_BITS, type StatusName } from '@conntrack/flow';
import { expect, test } from 'vitest';
import type { BatchOutcome, Conntrack } from '../../src/index.js';
import { collect, failure, privateTable, ref, tcp, udp } from '../support.js';

/** Bits that the kernel ignores in a request, and HELPER, which it would set without a helper. */
const KERNELS_OWN: readonly StatusName[] = [
  ...STATUS_BITS.filter(name => /NAT|SEQ_ADJUST|TEMPLATE|OFFLOAD|HELPER/.test(name)),
  'BIT_16',
  'BIT_31',
];

const plain = (protonum: number, more: Partial<NewFlow> = {}): NewFlow => {
  const { state: _, ...flow } = tcp(1);
  return { ...flow, protonum, ...more };
};

const reasonOf = (outcome: BatchOutcome | undefined): string | undefined =>
  outcome?.outcome === 'failed' ? outcome.error.message : outcome?.outcome;

/** Returns why an entry is refused, alone and in a batch; checks that none is created. */
async function refusal(conntrack: Conntrack, flow: NewFlow): Promise<string> {
  const single = await failure(conntrack.create(flow));
  expect(single.code).toBe('NOT_ENCODABLE');
  const [many] = await collect(conntrack.createMany([flow]));
  expect(reasonOf(many)).toBe(single.message);
  expect((await conntrack.count()).count).toBe(0);
  return single.message;
}

/** Returns why a change is refused, alone and in a batch; checks that the entry stays unchanged. */
async function updateRefusal(conntrack: Conntrack, flow: NewFlow, change: FlowChange): Promise<string> {
  const before = await conntrack.get(ref(flow));
  const single = await failure(conntrack.update(ref(flow), change));
  expect(single.code).toBe('NOT_ENCODABLE');
  const many = await collect(conntrack.updateMany([ref(flow)], change)).then(
    ([outcome]) => reasonOf(outcome),
    (error: Error) => error.message,
  );
  expect(many).toBe(single.message);
  expect({ ...(await conntrack.get(ref(flow))), timeout: 0 }).toEqual({ ...before, timeout: 0 });
  return single.message;
}

test('an entry is not created with status bits that only the kernel sets', async context => {
  const conntrack = privateTable(context);
  expect(KERNELS_OWN.length).toBe(12);
  for (const name of KERNELS_OWN)
    expect(await refusal(conntrack, udp(1, { status: ['ASSURED', name] }))).toMatch(
      `create: status ${name} cannot be set: only the kernel sets it`,
    );
});

test('an entry is created with the status bits that follow from its translation', async context => {
  const conntrack = privateTable(context);
  const nat = { src: { address: '192.0.2.7' } };
  await conntrack.create(tcp(1, { nat, status: ['SRC_NAT', 'SRC_NAT_DONE', 'DST_NAT_DONE', 'CONFIRMED'] }));
  expect((await conntrack.get(ref(tcp(1))))?.status).toContain('SRC_NAT');
  expect((await failure(conntrack.create(tcp(2, { nat, status: ['DST_NAT'] })))).message).toMatch('status DST_NAT');
});

test('an update refuses status bits that only the kernel sets, unless the entry has them already', async context => {
  const conntrack = privateTable(context);
  await conntrack.create(udp(1));
  for (const name of KERNELS_OWN)
    expect(await updateRefusal(conntrack, udp(1), { status: [name], mark: 1 })).toMatch(
      `update: status ${name} cannot be set`,
    );
  await conntrack.create(tcp(2, { nat: { src: { address: '192.0.2.7' } } }));
  const { status = [] } = (await conntrack.get(ref(tcp(2))))!;
  await conntrack.update(ref(tcp(2)), { status: [...status, 'ASSURED'] });
  expect((await conntrack.get(ref(tcp(2))))?.status).toEqual(expect.arrayContaining([...status, 'ASSURED']));
});

test('a timeout above this kernel’s maximum is refused, and the longest one is stored', async context => {
  const conntrack = privateTable(context);
  const { maxTimeout } = await conntrack.capabilities();
  // INT_MAX jiffies, at 100 to 1,000 a second.
  expect(maxTimeout).toBeGreaterThanOrEqual(2_147_483);
  expect(maxTimeout).toBeLessThanOrEqual(21_474_836);
  const longest = maxTimeout!;
  expect(await refusal(conntrack, udp(1, { timeout: longest + 1 }))).toMatch(
    `create: timeout ${longest + 1} is too long: this kernel keeps at most ${longest} seconds`,
  );
  await conntrack.create(udp(1, { timeout: longest }));
  expect((await conntrack.get(ref(udp(1))))!.timeout).toBeGreaterThan(longest - 60);
  expect(await updateRefusal(conntrack, udp(1), { timeout: longest + 1 })).toMatch('update: timeout');
  await conntrack.update(ref(udp(1)), { timeout: longest });
});

test('ports and state of a protocol without a tracker are refused', async context => {
  const conntrack = privateTable(context);
  const { protocols } = await conntrack.capabilities();
  for (const [protonum, more] of [
    [33, { state: 'OPEN', protoinfo: { role: 'client' } }],
    [132, { state: 'ESTABLISHED' }],
    [136, {}],
  ] as const) {
    const flow = plain(protonum, more);
    if (protocols.has(protonum)) {
      expect(await conntrack.create(flow)).toEqual([]);
      await conntrack.delete(ref(flow));
    } else expect(await refusal(conntrack, flow)).toMatch(/has no tracker for \w+: the entry would have no ports/);
    const { src, dst } = flow.original;
    if ('state' in more) expect(await refusal(conntrack, { ...flow, original: { src, dst } })).toMatch('has no state');
  }
});

test('a state of DCCP without a role, and a role without a state, are refused where DCCP is tracked', async context => {
  const conntrack = privateTable(context);
  const { protocols } = await conntrack.capabilities();
  const reason = protocols.has(33) ? "DCCP's state and role go together" : 'has no tracker for dccp';
  expect(await refusal(conntrack, plain(33, { state: 'OPEN' }))).toMatch(reason);
  expect(await refusal(conntrack, plain(33, { protoinfo: { role: 'client' } }))).toMatch(reason);
});

test('ports that the kernel ignores do not find, change or delete the entry without ports', async context => {
  const conntrack = privateTable(context);
  if ((await conntrack.capabilities()).protocols.has(33)) context.skip('this kernel tracks DCCP');
  const bare = plain(33, { original: { src: '10.0.0.1', dst: '10.0.0.2' } });
  const other = plain(33, { original: { ...bare.original, sport: 1, dport: 2 } });
  await conntrack.create(bare);
  expect(await conntrack.get(ref(other))).toBeUndefined();
  expect((await failure(conntrack.update(ref(other), { mark: 1 }))).code).toBe('ENOENT');
  expect((await failure(conntrack.delete(ref(other)))).code).toBe('ENOENT');
  expect(await collect(conntrack.updateMany([ref(other)], { mark: 1 }))).toEqual([{ outcome: 'gone' }]);
  expect(await collect(conntrack.deleteMany([ref(other)]))).toEqual([{ outcome: 'gone' }]);
  expect(await conntrack.get(ref(bare))).toMatchObject({ mark: 0 });
  expect(await collect(conntrack.deleteMany([ref(bare)]))).toEqual([{ outcome: 'done' }]);
});

test('labels that no rule uses are reported after a creation', async context => {
  const conntrack = privateTable(context);
  const dropped = [
    {
      field: 'labels',
      warning: 'label 5, 7 was not set: the kernel stores labels only while a firewall rule uses them',
    },
  ];
  expect(await conntrack.create(udp(1, { labels: [5, 7] }))).toEqual(dropped);
  expect(await collect(conntrack.createMany([udp(2), udp(3, { labels: [5, 7] })]))).toEqual([
    { outcome: 'done' },
    { outcome: 'done', dropped },
  ]);
  expect((await conntrack.get(ref(udp(1))))?.labels).toBeUndefined();
});

test('a replaced entry keeps its reply tuple, which is reported', async context => {
  const conntrack = privateTable(context);
  await conntrack.create(udp(1));
  const reply = { ...invertTuple(udp(1).original, 17), dport: 999 };
  expect(await conntrack.create(udp(1, { reply }), { replace: true })).toMatchObject([{ field: 'reply' }]);
  expect(await conntrack.create(udp(2, { reply: { ...reply, dport: 2 } }), { replace: true })).toEqual([]);
});

test('what an entry can store is not reported as dropped', async context => {
  const conntrack = privateTable(context);
  const adjust = { correctionPos: 5, offsetBefore: 1, offsetAfter: 2 };
  const whole = tcp(1, {
    seqadj: { original: adjust, reply: adjust },
    synproxy: { isn: 1, its: 2, tsoff: 3 },
    reply: invertTuple(tcp(1).original, 6),
    labels: [],
  });
  expect(await conntrack.create(whole)).toEqual([]);
  expect(await conntrack.get(ref(whole))).toMatchObject({ seqadj: whole.seqadj, synproxy: whole.synproxy });
});

test("with `drops: 'allow'` a request is sent unchanged, and the answer says what was dropped", async context => {
  const conntrack = privateTable(context);
  const { maxTimeout } = await conntrack.capabilities();
  const flow = udp(1, { timeout: 0xffffffff, status: ['SRC_NAT'] });
  expect(await conntrack.create(flow, { drops: 'allow' })).toMatchObject([{ field: 'timeout' }]);
  expect(maxTimeout! - (await conntrack.get(ref(flow)))!.timeout!).toBeLessThan(60);
  await conntrack.update(ref(flow), { timeout: 0xffffffff, status: ['OFFLOAD'] }, { drops: 'allow' });
});

test('the error for a missing helper names it and its protocol', async context => {
  const conntrack = privateTable(context);
  const flow = tcp(1, { helper: 'nosuch' });
  const expected =
    'create failed: the helper nosuch is missing for tcp (module not loaded?) (EOPNOTSUPP). To load it: modprobe nf_conntrack_nosuch';
  expect((await failure(conntrack.create(flow))).message).toBe(expected);
  expect((await failure(conntrack.create(flow, { replace: true }))).message).toContain(
    'the helper nosuch is missing for tcp, or the entry exists',
  );
  const [one, other] = await collect(conntrack.createMany([tcp(2), flow]));
  expect(one).toEqual({ outcome: 'done' });
  expect(reasonOf(other)).toBe(expected);
});

test.for([
  ['ftp-2121', 'nf_conntrack_ftp'],
  ['Q.931', 'nf_conntrack_h323'],
  ['RAS', 'nf_conntrack_h323'],
  ['netbios-ns', 'nf_conntrack_netbios_ns'],
] as const)('the helper %s belongs to the module %s', async ([helper, module], context) => {
  const conntrack = privateTable(context);
  // There are no helpers for ICMP: none is found, whatever is loaded.
  const ping: NewFlow = {
    ...udp(1),
    protonum: 1,
    original: { src: '10.0.0.1', dst: '10.0.0.2', type: 8, code: 0, id: 1 },
    helper,
  };
  const { code, message } = await failure(conntrack.create(ping));
  expect(code).toBe('EOPNOTSUPP');
  expect(message).toMatch(new RegExp(`the helper ${helper} is missing for icmp .* modprobe ${module}$`));
});
