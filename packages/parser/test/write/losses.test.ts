import type { Flow } from '@conntrack/flow';
import { LOSSES } from '@conntrack/parser/presets';
import { describe, expect, it } from 'vitest';

const flow: Flow = {
  family: 'ipv4',
  protocol: 'tcp',
  protonum: 6,
  original: { src: '10.0.0.1', dst: '192.0.2.1', sport: 1, dport: 2 },
  reply: { src: '192.0.2.1', dst: '10.0.0.1', sport: 2, dport: 1 },
  status: ['SEEN_REPLY', 'ASSURED'],
};
const icmp: Flow = {
  ...flow,
  protonum: 1,
  protocol: 'icmp',
  original: { src: '10.0.0.1', dst: '192.0.2.1', type: 8, code: 0, id: 7 },
  reply: { src: '192.0.2.1', dst: '10.0.0.1' },
};
const lost = (preset: keyof typeof LOSSES, more: object, base = flow): string[] =>
  LOSSES[preset].filter(({ has }) => has({ ...base, ...more } as Flow)).map(({ what }) => what);
const counted = { ...flow.original, packets: 1 };

describe('what a text of conntrack(8) cannot carry', () => {
  it('a plain flow loses nothing in a text format of conntrack(8)', () => {
    for (const preset of ['plain', 'extended', 'save'] as const) {
      expect(lost(preset, {})).toEqual([]);
      expect(lost(preset, {}, icmp)).toEqual([]);
      expect(lost(preset, { zone: 5, helper: undefined, protoinfo: {}, state: 'CLOSE' })).toEqual([]);
    }
  });

  it.each<[object, string]>([
    [{ seqadj: {} }, 'sequence adjustment'],
    [{ synproxy: { isn: 5, its: 0, tsoff: 0 } }, 'SYNPROXY'],
    [{ synproxy: { isn: 0, its: 0, tsoff: 0 } }, 'SYNPROXY of zeros'],
    [{ master: { src: '1.1.1.1', dst: '2.2.2.2' } }, 'master'],
    [{ rate: { original: 1 } }, 'rates and first-seen'],
    [{ firstSeen: '2026-11-30T12:00:00Z' }, 'rates and first-seen'],
    [{ unknown: {} }, 'unknown attributes'],
    [{ protoinfo: { wscale: { original: 1, reply: 1 } } }, 'window scale and flags'],
    [{ protoinfo: { flags: {} } }, 'window scale and flags'],
    [{ protoinfo: { handshakeSeq: 5 } }, 'handshake sequence'],
    [{ progname: 'a\u001b' }, 'control characters'],
    [{ state: 'a\u001b' }, 'control characters'],
    [{ zone: 0 }, 'zone 0'],
    [{ labels: [] }, 'labels'],
  ])('every text format of conntrack(8) loses %j: %s', (more, what) => {
    for (const preset of ['plain', 'extended', 'save'] as const) expect(lost(preset, more)).toEqual([what]);
  });

  it.each<[object, string[]]>([
    [{ id: 0 }, ['id']],
    [{ original: { src: '10.0.0.1', dst: '192.0.2.1' } }, ['absent ports']],
    [{ start: 'x' }, ['start and stop']],
    [{ stop: 'x' }, ['start and stop']],
    [{ deltaTime: 5 }, []],
    [{ protoinfo: { vtag: {} } }, ['verification tags and role']],
    [{ protoinfo: { role: 'client' } }, ['verification tags and role']],
    [{ status: undefined }, ['status']],
    [{ status: ['CONFIRMED'] }, ['status']],
    [{ status: ['SEEN_REPLY', 'ASSURED', 'CONFIRMED'] }, ['status']],
    [{ status: ['ASSURED', 'OFFLOAD'] }, ['status']],
    [{ status: ['SEEN_REPLY', 'HW_OFFLOAD'] }, []],
    [{ status: [] }, []],
    [{ helper: 'ftp', secctx: 'x', original: counted }, []],
    [{ helper: 'a\u001b' }, ['control characters']],
    [{ secctx: 'a\u001b' }, ['control characters']],
  ])('of %j, a line loses %j', (more, what) => {
    for (const preset of ['plain', 'extended'] as const) expect(lost(preset, more)).toEqual(what);
  });

  const NAT_DONE = ['DST_NAT', 'DST_NAT_DONE'] as const;
  it.each<[object, string[]]>([
    [{ id: 0, use: 1, mark: 5 }, []],
    [{ original: counted }, ['counters']],
    [{ reply: { ...flow.reply, bytes: 0 } }, ['counters']],
    [{ start: 'x' }, ['start, stop and age']],
    [{ stop: 'x' }, ['start, stop and age']],
    [{ deltaTime: 5 }, ['start, stop and age']],
    [{ helper: 'ftp' }, ['helper']],
    [{ secctx: 'x' }, ['secctx']],
    [{ protoinfo: { vtag: {}, role: 'client' } }, []],
    [{ status: undefined }, ['status']],
    [{ status: ['CONFIRMED'] }, ['status']],
    [{ status: ['SEEN_REPLY', 'ASSURED', 'FIXED_TIMEOUT', 'EXPECTED'] }, []],
    [{ status: ['SEEN_REPLY', ...NAT_DONE] }, ['status']],
    [{ status: [...NAT_DONE], reply: { ...flow.reply, src: '10.9.9.9' } }, []],
    [{ status: ['DST_NAT'], reply: { ...flow.reply, src: '10.9.9.9' } }, ['status']],
    [{ status: [...NAT_DONE], reply: { ...flow.reply, dst: '10.9.9.9' } }, ['status']],
    [{ status: ['SRC_NAT', 'SRC_NAT_DONE'], reply: { ...flow.reply, dst: '10.9.9.9' } }, []],
    [{ status: ['SRC_NAT_DONE'], reply: { ...flow.reply, dst: '10.9.9.9' } }, ['status']],
    [{ status: ['SRC_NAT', 'SRC_NAT_DONE'], reply: { ...flow.reply, src: '10.9.9.9' } }, ['status']],
    [{ status: [], reply: { ...flow.reply, src: '10.9.9.9' } }, []],
    [{ reply: { ...flow.reply, type: 0 } }, []],
  ])('of %j, a save loses %j', (more, what) => {
    expect(lost('save', more)).toEqual(what);
  });

  it('a save loses the ICMP fields of the reply', () => {
    expect(lost('save', { reply: { ...icmp.reply, type: 0 } }, icmp)).toEqual(['ICMP of the reply']);
  });

  it('values that the kernel or a load restores need no warning', () => {
    const quiet = (preset: keyof typeof LOSSES): string[] =>
      LOSSES[preset].filter(({ renewed }) => renewed).map(({ what }) => what);
    const always = ['SYNPROXY of zeros', 'rates and first-seen', 'window scale and flags'];
    expect([quiet('plain'), quiet('save')]).toEqual([
      always,
      [...always, 'counters', 'start, stop and age', 'secctx', 'status', 'ICMP of the reply'],
    ]);
  });
});
