import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { LITTLE } from '@conntrack/netlink/raw';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Namespace } from '../src/index.js';
import { natTable, trackingTable } from '../src/ruleset.js';
import { addressBytes, sockaddr } from '../src/sockaddr.js';
import { openDatagram } from '../src/traffic/sockets.js';
import { type Attribute, encodeAttributes, encodeMessage } from '../src/wire/message.js';
import { addTables } from '../src/wire/nftables.js';
import { addAddress, createVeth, LOOPBACK, linkUp } from '../src/wire/rtnetlink.js';
import { needsLab } from './support.js';

const BIG_ENDIAN = 'the bytes written here are those of a little-endian machine';

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');

function decode(bytes: Uint8Array): Attribute[] {
  const attributes: Attribute[] = [];
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (let at = 0; at < bytes.length; ) {
    const length = view.getUint16(at, LITTLE);
    const type = view.getUint16(at + 2, LITTLE);
    const payload = bytes.slice(at + 4, at + length);
    attributes.push((type & 0x8000) === 0 ? [type, payload] : [type & 0x7fff, decode(payload)]);
    at += (length + 3) & ~3;
  }
  return attributes;
}

const attributes = fc.letrec<{ tree: Attribute[]; attribute: Attribute }>(tie => ({
  tree: fc.array(tie('attribute'), { maxLength: 4 }),
  attribute: fc.tuple(
    fc.integer({ min: 1, max: 0x3fff }),
    fc.oneof({ maxDepth: 4 }, fc.uint8Array({ maxLength: 40 }), tie('tree')),
  ),
})).tree;

describe('the encoding of the lab’s requests', () => {
  it('a request keeps every attribute and nest, aligned to four bytes', () => {
    fc.assert(
      fc.property(attributes, tree => {
        const bytes = encodeAttributes(tree);
        expect(bytes.length % 4).toBe(0);
        expect(decode(bytes)).toEqual(tree);
      }),
    );
  });

  it('a request has the header that netlink(7) describes', ({ skip }) => {
    skip(!LITTLE, BIG_ENDIAN);
    // Length 20, type 0x1234, flags CREATE and REQUEST, sequence number 1, port 0; then the family's own header.
    expect(hex(encodeMessage(0x1234, 0x400, Uint8Array.of(1, 2, 3, 4)))).toBe(
      '140000003412010401000000' + '00000000' + '01020304',
    );
  });

  it('every message contains its own length', () => {
    const steps = [
      addAddress(2, 'ipv6', '2001:db8::1', 64),
      createVeth({ name: 'near', index: 2 }, { name: 'a-longer-name', index: 3 }, 7),
      ...addTables([{ family: 'inet', name: 't', chains: [{ name: 'c', hook: 'input', rules: [] }] }]),
    ];
    for (const { name, message } of steps)
      expect(new DataView(message.buffer).getUint32(0, LITTLE), name).toBe(message.length);
  });

  it('socket addresses are encoded as ip(7) and ipv6(7) describe', ({ skip }) => {
    skip(!LITTLE, BIG_ENDIAN);
    expect(hex(sockaddr('192.0.2.1', 443))).toBe('020001bbc00002010000000000000000');
    expect(hex(sockaddr('2001:db8::1', 53))).toBe('0a00003500000000' + '20010db8000000000000000000000001' + '00000000');
    expect(() => addressBytes('localhost')).toThrow(RangeError);
  });
});

describe('the kernel', () => {
  needsLab();

  it('the kernel accepts the ruleset that nft(8) would send', async ({ skip }) => {
    try {
      execFileSync('nft', ['--version']);
    } catch {
      skip('nft is not installed');
    }
    using namespace = Namespace.create();
    await namespace.addTables([
      trackingTable({ marks: { 443: 0x10 } }),
      natTable('ipv4', 'wan', true, [{ port: 8080, to: '192.168.1.10', toPort: 80 }]),
      natTable('ipv6', 'wan', false, [{ port: 8080, to: '2001:db8:1::10', toPort: 80 }]),
    ]);
    const { stdout } = await namespace.run('nft', ['list', 'ruleset']);
    const rules = stdout.split('\n').filter(line => line.startsWith('\t\t') && !line.includes('type '));
    expect(rules.map(rule => rule.trim())).toEqual([
      'ct state == new',
      'tcp dport 443 ct mark set 0x00000010',
      'udp dport 443 ct mark set 0x00000010',
      'iifname "wan" tcp dport 8080 dnat to 192.168.1.10:80',
      'oifname "wan" masquerade',
      'iifname "wan" tcp dport 8080 dnat to [2001:db8:1::10]:80',
    ]);
  });

  it('the kernel’s error is reported for the step that it refused, wherever that step is', async () => {
    using namespace = Namespace.create();
    const address = addAddress(LOOPBACK, 'ipv4', '192.0.2.1', 24);
    const again = namespace.configure([linkUp(LOOPBACK), address, address, linkUp(LOOPBACK)]);
    await expect(again).rejects.toMatchObject({ step: 'add the address 192.0.2.1/24', errnoName: 'EEXIST' });
    const missing = namespace.configure([linkUp(LOOPBACK), linkUp(77)]);
    await expect(missing).rejects.toMatchObject({ step: 'set the link 77 up', errnoName: 'ENODEV' });
    const nowhere = createVeth({ name: 'near', index: 8 }, { name: 'far', index: 9 }, 9_999);
    await expect(namespace.configure([nowhere])).rejects.toMatchObject({ step: nowhere.name, code: 'LAB_FAILED' });
  });

  it('a batch is dropped as a whole if one rule is wrong', async () => {
    using namespace = Namespace.create();
    const table = trackingTable();
    const wrong = { ...table, name: 'wrong', chains: [{ name: 'c', rules: [[['no_such_expression', []] as const]] }] };
    await expect(namespace.addTables([table, wrong])).rejects.toMatchObject({
      step: 'add a rule to inet wrong c (no_such_expression)',
    });
    await namespace.addTables([table]);
  });

  it('UDP sockets open although Node emits `listening` before anybody can wait for it', async () => {
    using namespace = Namespace.create();
    await namespace.loopbackUp();
    const socket = await openDatagram(namespace, { address: '127.0.0.1', port: 0 });
    socket.send('x', socket.address().port, '127.0.0.1');
    const [data] = (await once(socket, 'message')) as [Buffer];
    expect(data.toString()).toBe('x');
    await new Promise<void>(resolve => socket.close(() => resolve()));
  });
});
