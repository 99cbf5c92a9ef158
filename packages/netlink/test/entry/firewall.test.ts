// What only firewall rules and real packets put into entries: helpers and expectations, SYNPROXY, zones of one direction, and protocols for
// which Node has no sockets.
import { spawnSync } from 'node:child_process';
import type { Socket } from 'node:net';
import type { Flow } from '@conntrack/flow';
import { expect, type TestContext, test } from 'vitest';
import { createNatLab, labAvailable, Namespace } from '../../../lab/src/index.js';
import { sockaddr } from '../../../lab/src/sockaddr.js';
import { connectTcp, listenTcp } from '../../../lab/src/traffic/sockets.js';
import { Conntrack, type EventItem, type EventStream } from '../../src/index.js';
import { native } from '../../src/socket/native.js';
import { collect } from '../support.js';

const AF_INET = 2;
const SOCK_RAW = 3;
const HERE = '127.0.0.1';
const THERE = '127.0.0.2';

async function rules(context: TestContext, namespace: Namespace, input: string): Promise<void> {
  context.skip(spawnSync('nft', ['--version']).error !== undefined, 'nft is not installed');
  const { status, stderr } = await namespace.run('nft', ['-f', '-'], { input });
  if (status !== 0) context.skip(`this kernel has none of these rules: ${stderr.trim().split('\n')[0]}`);
}

/** Makes a namespace whose loopback device is a network of its own, tracked under these rules. */
async function loopback(context: TestContext, input = ''): Promise<{ namespace: Namespace; conntrack: Conntrack }> {
  const reason = labAvailable();
  if (reason !== undefined) context.skip(reason);
  const namespace = Namespace.create();
  const conntrack = Conntrack.open({ netns: namespace.fd });
  context.onTestFinished(() => {
    conntrack.close();
    namespace.close();
  });
  await namespace.loopbackUp();
  await namespace.trackingOn();
  // Packets that are made by hand have no checksums.
  namespace.sysctl('netfilter.nf_conntrack_checksum', 0);
  if (input !== '') await rules(context, namespace, input);
  return { namespace, conntrack };
}

/** Sends a packet of any protocol, without its IP header. */
function sendRaw(namespace: Namespace, protonum: number, from: string, to: string, packet: readonly number[]): void {
  const fd = namespace.socket(AF_INET, SOCK_RAW, protonum);
  try {
    expect(native().bind(fd, sockaddr(from, 0))).toBe(0);
    expect(native().connect(fd, sockaddr(to, 0))).toBe(0);
    expect(native().send(fd, Uint8Array.from(packet))).toBe(packet.length);
  } finally {
    native().close(fd);
  }
}

const be16 = (value: number): number[] => [value >> 8, value & 255];
const be32 = (value: number): number[] => [...be16(value >>> 16), ...be16(value & 0xffff)];

async function only(conntrack: Conntrack, protonum: number): Promise<Flow> {
  const flows = (await collect(conntrack.list())).filter(flow => flow.protonum === protonum);
  expect(flows).toHaveLength(1);
  return flows[0]!;
}

async function first(events: EventStream): Promise<EventItem> {
  for await (const item of events) return item;
  throw new Error('no event came');
}

const FTP = `table ip t {
  ct helper ftp { type "ftp" protocol tcp; }
  chain out { type filter hook output priority 0; tcp dport 21 ct helper set "ftp"; }
}`;

test('an FTP connection has its helper and expectation, and the expected connection its master', async context => {
  const { namespace, conntrack } = await loopback(context, FTP);
  // Before the connection: whether its expectations send events depends on who listened when it was created.
  const events = conntrack.events({
    flows: [],
    expectations: ['new'],
    buffer: 1000,
  });
  let control: Socket | undefined;
  const server = await listenTcp(namespace, { address: THERE, port: 21 }, socket => {
    // The helper looks for commands after the first line. Active mode: the server should connect to 127.0.0.1, port 40000.
    socket.once('data', () => control!.write('PORT 127,0,0,1,156,64\r\n'));
  });
  control = connectTcp(namespace, { address: HERE, port: 0 }, { address: THERE, port: 21 });
  context.onTestFinished(() => {
    control.destroy();
    server.close();
  });
  control.write('USER anonymous\r\n');
  const item = await first(events);
  const master = await only(conntrack, 6);
  expect(master).toMatchObject({ helper: 'ftp', original: { src: HERE, dst: THERE, dport: 21 } });
  expect(item).toMatchObject({ type: 'new', expectation: { helper: 'ftp', tuple: { src: THERE, dport: 40_000 } } });
  const [expectation] = await collect(conntrack.expectations.list({ master }));
  expect(expectation).toMatchObject({
    family: 'ipv4',
    protonum: 6,
    helper: 'ftp',
    tuple: { src: THERE, dst: HERE, dport: 40_000 },
    mask: { src: '255.255.255.255', dst: '255.255.255.255', sport: 0, dport: 65_535 },
    master: { src: HERE, dst: THERE, sport: master.original.sport, dport: 21, protonum: 6 },
  });
  expect(expectation!.timeout).toBeGreaterThan(0);
  expect(expectation).not.toHaveProperty('unknown');

  const opened = conntrack.events({ flows: ['new'], buffer: 1000 });
  connectTcp(namespace, { address: THERE, port: 0 }, { address: HERE, port: 40_000 }).on('error', () => {});
  const fulfilled = await first(opened);
  expect(fulfilled).toMatchObject({
    type: 'new',
    flow: { status: expect.arrayContaining(['EXPECTED']), original: { dport: 40_000 }, master: { dport: 21 } },
  });
  expect(await collect(conntrack.expectations.list())).toEqual([]);

  // The helper can be detached, but not changed in another way.
  await conntrack.update(master, { helper: '' });
  expect(await conntrack.get(master)).not.toHaveProperty('helper');
});

const SYNPROXY = `table ip proxy {
  chain raw { type filter hook prerouting priority raw; tcp dport 443 tcp flags syn notrack; }
  chain forward { type filter hook forward priority 0; tcp dport 443 ct state invalid,untracked synproxy mss 1460 wscale 7 timestamp sack-perm; }
}`;

test('a connection through SYNPROXY has its state and sequence adjustment', async context => {
  const reason = labAvailable();
  if (reason !== undefined) context.skip(reason);
  await using lab = await createNatLab({
    masquerade: { ipv4: false },
    sysctls: { 'netfilter.nf_conntrack_tcp_loose': 0 },
  });
  await rules(context, lab.router, SYNPROXY);
  const conntrack = Conntrack.open({ netns: lab.router.fd });
  const connection = await lab.traffic.tcpEstablished({ port: 443 });
  await connection.exchange();
  const flow = await only(conntrack, 6);
  expect(flow).toMatchObject({ state: 'ESTABLISHED', status: expect.arrayContaining(['SEQ_ADJUST', 'ASSURED']) });
  expect(flow.synproxy?.isn).toBeGreaterThan(0);
  expect(flow.synproxy).toHaveProperty('tsoff');
  expect(flow.seqadj?.reply?.offsetAfter).toBeGreaterThan(0);
  expect(flow).not.toHaveProperty('unknown');
  await connection.close();
  conntrack.close();
});

for (const [direction, other] of [
  ['original', 'reply'],
  ['reply', 'original'],
] as const)
  test(`a zone of the ${direction} direction, given by a rule`, async context => {
    const rule = `table ip z {\n chain out { type filter hook output priority raw; ct ${direction} zone set 7; }\n}`;
    const { namespace, conntrack } = await loopback(context, rule);
    sendRaw(namespace, 47, HERE, THERE, [0, 0, 8, 0]);
    const flow = await only(conntrack, 47);
    expect(flow[direction].zone).toBe(7);
    expect(flow[other]).not.toHaveProperty('zone');
    expect(flow).not.toHaveProperty('zone');
    expect((await conntrack.get(flow))?.id).toBe(flow.id);
    await conntrack.update(flow, { mark: 5 });
    expect(await only(conntrack, 47)).toMatchObject({ mark: 5 });
    await conntrack.delete(flow);
    expect((await collect(conntrack.list())).filter(({ protonum }) => protonum === 47)).toEqual([]);
  });

test('GRE connections of PPTP have keys, and plain ones have none', async context => {
  const { namespace, conntrack } = await loopback(context);
  // RFC 2637: version 1 with a key, protocol PPP; payload length, call id 0x1234.
  sendRaw(namespace, 47, HERE, THERE, [0x30, 0x01, 0x88, 0x0b, ...be16(4), 0x12, 0x34, 0, 0, 0, 1, 1, 2, 3, 4]);
  expect(await only(conntrack, 47)).toMatchObject({
    protocol: 'gre',
    original: { src: HERE, dst: THERE, srckey: 0, dstkey: 0x1234 },
    reply: { srckey: 0x1234, dstkey: 0 },
  });
});

test('an SCTP association has ports, verification tags and states while it is set up', async context => {
  const { namespace, conntrack } = await loopback(context);
  // RFC 9260: ports and tag, then one chunk. INIT and INIT ACK contain the tag that the other side must use.
  const packet = (ports: readonly [number, number], tag: number, chunk: number[]): number[] => [
    ...ports.flatMap(be16),
    ...be32(tag),
    ...be32(0),
    ...chunk,
  ];
  const init = (type: number, tag: number): number[] => [
    type,
    0,
    ...be16(20),
    ...be32(tag),
    ...be32(65_536),
    ...be16(1),
    ...be16(1),
    ...be32(1),
  ];
  const [ours, theirs] = [0xdeadbeef, 0xfeedface];
  sendRaw(namespace, 132, HERE, THERE, packet([1000, 2000], 0, init(1, ours)));
  expect(await only(conntrack, 132)).toMatchObject({
    protocol: 'sctp',
    original: { sport: 1000, dport: 2000 },
    protoinfo: { vtag: { original: 0, reply: ours } },
  });
  sendRaw(namespace, 132, THERE, HERE, packet([2000, 1000], ours, init(2, theirs)));
  const vtag = { original: theirs, reply: ours };
  expect(await only(conntrack, 132)).toMatchObject({ protoinfo: { vtag } });
  sendRaw(namespace, 132, HERE, THERE, packet([1000, 2000], theirs, [10, 0, ...be16(4)]));
  expect(await only(conntrack, 132)).toMatchObject({ state: 'COOKIE_ECHOED' });
  sendRaw(namespace, 132, THERE, HERE, packet([2000, 1000], ours, [11, 0, ...be16(4)]));
  expect(await only(conntrack, 132)).toMatchObject({ state: 'ESTABLISHED', protoinfo: { vtag } });
});

test('a DCCP connection has ports, roles and states while it is set up, in entries and events', async context => {
  const { namespace, conntrack } = await loopback(context);
  if (!(await conntrack.capabilities()).protocols.has(33)) context.skip('this kernel has no tracker of protocol 33');
  // RFC 4340: ports, length in words, no checksum, type with long sequence numbers, sequence; then the fields of the type.
  const packet = (ports: readonly [number, number], type: number, sequence: number, rest: number[]): number[] => [
    ...ports.flatMap(be16),
    (16 + rest.length) / 4,
    0,
    ...be16(0),
    (type << 1) | 1,
    0,
    ...be16(0),
    ...be32(sequence),
    ...rest,
  ];
  const acknowledging = (sequence: number): number[] => [...be16(0), ...be16(0), ...be32(sequence)];
  const SERVICE = be32(42);
  const [REQUEST, RESPONSE, ACK, DATA_ACK] = [0, 1, 3, 4] as const;
  const events = conntrack.events({
    flows: ['new', 'update'],
    match: cursor => cursor.protonum() === 33,
    buffer: 1000,
  });
  const [there, back] = [
    [1000, 2000],
    [2000, 1000],
  ] as const;
  sendRaw(namespace, 33, HERE, THERE, packet(there, REQUEST, 100, SERVICE));
  const ports = { original: { sport: 1000, dport: 2000 }, reply: { sport: 2000, dport: 1000 } };
  expect(await only(conntrack, 33)).toMatchObject({
    protocol: 'dccp',
    ...ports,
    state: 'REQUEST',
    protoinfo: { role: 'client' },
  });
  sendRaw(namespace, 33, THERE, HERE, packet(back, RESPONSE, 500, [...acknowledging(100), ...SERVICE]));
  const protoinfo = { role: 'client', handshakeSeq: 500 };
  expect(await only(conntrack, 33)).toMatchObject({ state: 'RESPOND', protoinfo });
  sendRaw(namespace, 33, HERE, THERE, packet(there, ACK, 101, acknowledging(500)));
  expect(await only(conntrack, 33)).toMatchObject({ state: 'PARTOPEN', protoinfo });
  sendRaw(namespace, 33, THERE, HERE, packet(back, DATA_ACK, 501, acknowledging(101)));
  const open = await only(conntrack, 33);
  expect(open).toMatchObject({ ...ports, state: 'OPEN', protoinfo, status: expect.arrayContaining(['ASSURED']) });
  expect(open).not.toHaveProperty('unknown');
  const states: unknown[] = [];
  for await (const event of events) {
    if ('flow' in event) states.push(event.flow.state);
    if (states.at(-1) === 'OPEN') break;
  }
  expect(states).toEqual(['REQUEST', 'RESPOND', 'PARTOPEN', 'OPEN']);
  await conntrack.delete(open);
  expect(await conntrack.get(open)).toBeUndefined();
});

test('UDP-Lite and a protocol without a tracker are listed', async context => {
  const { namespace, conntrack } = await loopback(context);
  sendRaw(namespace, 136, HERE, THERE, [...be16(5), ...be16(6), ...be16(8), ...be16(1)]);
  if ((await conntrack.capabilities()).protocols.has(136))
    expect(await only(conntrack, 136)).toMatchObject({ protocol: 'udplite', original: { sport: 5, dport: 6 } });
  sendRaw(namespace, 253, HERE, THERE, [1, 2, 3, 4]);
  const flow = await only(conntrack, 253);
  expect(flow).toMatchObject({ protocol: '253', original: { src: HERE, dst: THERE } });
  expect((await conntrack.get(flow))?.id).toBe(flow.id);
  await conntrack.delete(flow);
});
