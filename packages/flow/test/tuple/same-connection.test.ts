import { describe, expect, it } from 'vitest';
import { type Flow, FlowObjectCursor, type FlowRef, refOf, sameConnection, type Tuple } from '../../src/index.js';

const ports = { src: '10.0.0.1', dst: '192.0.2.1', sport: 1, dport: 2 };
const flow = (protonum: number, original: Tuple, reply: Tuple, more: Partial<Flow> = {}): Flow => ({
  family: original.src.includes(':') ? 'ipv6' : 'ipv4',
  protocol: '',
  protonum,
  original,
  reply,
  id: 7,
  ...more,
});
const FLOWS: readonly Flow[] = [
  flow(6, ports, { src: '10.9.0.1', dst: '203.0.113.1', sport: 80, dport: 4000 }),
  flow(
    17,
    { ...ports, src: '2001:db8::1', dst: '2001:db8::2' },
    { src: '2001:db8::2', dst: '2001:db8::1', sport: 2, dport: 1 },
  ),
  flow(
    1,
    { src: '10.0.0.1', dst: '192.0.2.1', type: 8, code: 0, id: 9 },
    { src: '192.0.2.1', dst: '10.0.0.1', type: 0, code: 0, id: 9 },
  ),
  flow(
    47,
    { src: '10.0.0.1', dst: '192.0.2.1', srckey: 1, dstkey: 2 },
    { src: '192.0.2.1', dst: '10.0.0.1', srckey: 2, dstkey: 1 },
  ),
  flow(50, { src: '10.0.0.1', dst: '192.0.2.1' }, { src: '192.0.2.1', dst: '10.0.0.1' }),
];
const same = (found: Flow, ref: FlowRef): boolean => sameConnection(new FlowObjectCursor(found), ref);

describe('the connection that a reference means', () => {
  it.each(FLOWS.map(each => [each.protonum, each] as const))(
    'a flow is the same connection as itself, and not if any part of its reply tuple or its id differs: protocol %i',
    (_, each) => {
      const ref = refOf(each);
      expect(same(each, ref)).toBe(true);
      expect(same({ ...each, id: 8 }, ref)).toBe(false);
      for (const [part, value] of Object.entries(each.reply)) {
        const host = each.family === 'ipv4' ? '198.51.100.1' : '2001:db9::2';
        const other = { ...each, reply: { ...each.reply, [part]: typeof value === 'number' ? value + 1 : host } };
        expect(same(other, ref), part).toBe(false);
        expect(same(each, refOf(other)), part).toBe(false);
      }
    },
  );

  it('only the members that a reference has are compared', () => {
    const [each] = FLOWS as [Flow];
    const { id: _, ...withoutId } = refOf(each);
    const { reply: __, ...withoutReply } = refOf(each);
    expect(same({ ...each, id: 8 }, withoutId)).toBe(true);
    expect(same({ ...each, reply: ports }, withoutId)).toBe(false);
    expect(same({ ...each, reply: ports }, withoutReply)).toBe(true);
    expect(same({ ...each, id: 8 }, withoutReply)).toBe(false);
  });

  it('the zone of the reply direction is compared', () => {
    const [each] = FLOWS as [Flow];
    const both = { ...each, zone: 5 };
    const original = { ...each, original: { ...each.original, zone: 5 } };
    const reply = { ...each, reply: { ...each.reply, zone: 5 } };
    for (const zoned of [both, original, reply]) expect(same(zoned, refOf(zoned))).toBe(true);
    for (const [found, meant] of [
      [each, both],
      [both, each],
      [{ ...each, zone: 6 }, both],
      [each, reply],
      [original, reply],
    ] as const)
      expect(same(found, refOf(meant))).toBe(false);
    const { zone: _, ...bare } = reply.reply;
    expect(same(reply, { ...refOf(reply), reply: bare })).toBe(true);
    expect(same(each, { ...refOf(reply), reply: bare })).toBe(false);
  });

  it('an invalid address matches no connection', () => {
    const [each] = FLOWS as [Flow];
    expect(same(each, { ...refOf(each), reply: { ...each.reply, src: 'x' } })).toBe(false);
  });

  it('tuple parts that the source leaves out are compared as 0', () => {
    const untracked = flow(33, { src: '10.0.0.1', dst: '192.0.2.1' }, { src: '192.0.2.1', dst: '10.0.0.1' });
    const ref = { ...refOf(untracked), reply: { ...untracked.reply, sport: 0, dport: 0 } };
    expect(same(untracked, ref)).toBe(true);
    expect(same(untracked, { ...ref, reply: { ...ref.reply, sport: 1 } })).toBe(false);
  });
});
