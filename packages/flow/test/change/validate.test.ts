import { describe, expect, it } from 'vitest';
import { checkFlowChange, checkFlowRef, checkNewFlow, checkRefKeys } from '../../src/change/validate.js';
import type { Flow, FlowRef, NewFlow } from '../../src/index.js';

const complain = (message: string): Error => new RangeError(message);
const said = (check: () => void): string | undefined => {
  try {
    check();
    return undefined;
  } catch (error) {
    expect(error).toBeInstanceOf(RangeError);
    return (error as Error).message;
  }
};
const PORTS = { src: '192.0.2.1', dst: '192.0.2.2', sport: 1, dport: 65535 };
const TCP = { family: 'ipv4', protonum: 6, original: PORTS, timeout: 600 } as const;
const made = (more: object): string | undefined => said(() => checkNewFlow({ ...TCP, ...more } as NewFlow, complain));

/** All checks are in one test: the rules are made at first use, so only the first test would try a mutant of them. */
function checkAll(
  answer: (more: object) => string | undefined,
  right: readonly object[],
  wrong: readonly (readonly [object, string])[],
): void {
  for (const more of right) expect([more, answer(more)]).toEqual([more, undefined]);
  for (const [more, why] of wrong) expect([more, answer(more)]).toEqual([more, expect.stringContaining(why)]);
}

describe('a new flow', () => {
  const flags = { original: ['WINDOW_SCALE'], reply: ['SACK_PERM'] };
  const RIGHT = [
    {},
    { reply: { ...PORTS, zone: 0xffff } },
    { protonum: undefined, original: undefined },
    { protonum: undefined },
    { original: undefined },
    {
      status: ['ASSURED', 'seen_reply', 'BIT_17'],
      state: 'ESTABLISHED',
      mark: 0xffffffff,
      zone: 0xffff,
      helper: 'ftp',
    },
    { labels: [0, 127], protoinfo: { wscale: { original: 255, reply: 0 }, flags } },
    { protonum: 132, protoinfo: { vtag: { original: 0xffffffff } } },
    { protonum: 33, protoinfo: { role: 'client', handshakeSeq: 2 ** 48 - 1, vtag: undefined } },
    { seqadj: { original: { correctionPos: 1, offsetBefore: 2, offsetAfter: 0xffffffff } } },
    { synproxy: { isn: 1, its: 2, tsoff: 0xffffffff } },
    { master: { ...PORTS, family: 'ipv6', protonum: 17 } },
    {
      nat: {
        src: { address: '192.0.2.3', lastAddress: '192.0.2.4', port: 1, lastPort: 0xffff },
        dst: { address: 'x' },
      },
    },
    { protonum: 1, original: { src: 'a', dst: 'b', type: 255, code: 255, id: 0xffff } },
    { protonum: 47, original: { src: 'a', dst: 'b', srckey: 0xffff, dstkey: 0 } },
    { protonum: 50, original: { src: 'a', dst: 'b' } },
  ];
  const WRONG: readonly [object, string][] = [
    [{ marc: 5 }, "create: unknown key 'marc'. Did you mean 'mark'?"],
    [{ family: 'inet' }, "create: family must be 'ipv4' or 'ipv6', got 'inet'"],
    [{ protonum: 256 }, 'create: protonum must be a whole number from 0 to 255, got 256'],
    [{ timeout: 2 ** 32 }, 'create: timeout must be a whole number from 0 to 4294967295, got 4294967296'],
    [{ mark: -1 }, 'create: mark must be a whole number from 0 to 4294967295, got -1'],
    [{ zone: 65536 }, 'create: zone must be a whole number from 0 to 65535, got 65536'],
    [{ state: 1 }, 'create: state must be text, got 1'],
    [{ helper: 1 }, 'create: helper must be text, got 1'],
    [{ labels: [128] }, 'create: labels[0] must be a whole number from 0 to 127, got 128'],
    [{ labels: 5 }, 'create: labels must be a list, got 5'],
    [{ status: 'ASSURED' }, "create: status must be a list, got 'ASSURED'"],
    [{ status: ['ASURED'] }, `create: status: unknown status bit "ASURED". Did you mean 'ASSURED'?`],
    [{ status: [7] }, 'create: status: unknown status bit 7. Status bits: EXPECTED, SEEN_REPLY'],
    [{ original: { ...PORTS, src: 1 } }, 'create: original.src must be text, got 1'],
    [{ original: { ...PORTS, dst: 1 } }, 'create: original.dst must be text, got 1'],
    [{ original: { ...PORTS, sprot: 1 } }, "create: original: unknown key 'sprot'. Did you mean 'sport'?"],
    [{ original: { ...PORTS, packets: 1 } }, "create: original: unknown key 'packets'"],
    [{ original: { ...PORTS, zone: 65536 } }, 'create: original.zone must be a whole number from 0 to 65535'],
    [{ original: { ...PORTS, dport: 65536 } }, 'create: original.dport must be a whole number from 0 to 65535'],
    [{ reply: { ...PORTS, sport: '1' } }, "create: reply.sport must be a whole number from 0 to 65535, got '1'"],
    [{ original: { ...PORTS, type: 1 } }, 'create: original.type: tcp has no type'],
    [{ reply: { ...PORTS, srckey: 1 } }, 'create: reply.srckey: tcp has no srckey'],
    [{ protonum: 50 }, 'create: original.sport: esp has no sport'],
    [{ protonum: 1, original: { type: 256 } }, 'create: original.type must be a whole number from 0 to 255'],
    [{ protonum: 1, original: { code: 256 } }, 'create: original.code must be a whole number from 0 to 255'],
    [{ protonum: 1, original: { id: 65536 } }, 'create: original.id must be a whole number from 0 to 65535'],
    [{ protonum: 1, original: { dport: 1 } }, 'create: original.dport: icmp has no dport'],
    [{ original: { ...PORTS, id: 1 } }, 'create: original.id: tcp has no id'],
    [{ original: { ...PORTS, code: 1 } }, 'create: original.code: tcp has no code'],
    [{ original: { ...PORTS, dstkey: 1 } }, 'create: original.dstkey: tcp has no dstkey'],
    [{ protonum: 47, original: { srckey: 65536 } }, 'create: original.srckey must be a whole number from 0 to 65535'],
    [{ protonum: 47, original: { dstkey: 65536 } }, 'create: original.dstkey must be a whole number from 0 to 65535'],
    [{ protoinfo: { wscale: { original: 1 } } }, 'create: protoinfo.wscale must be given for both directions'],
    [{ protoinfo: { wscale: { reply: 1 } } }, 'create: protoinfo.wscale must be given for both directions'],
    [
      { protoinfo: { wscale: { original: 256 } } },
      'create: protoinfo.wscale.original must be a whole number from 0 to 255',
    ],
    [{ protoinfo: { wscale: { forward: 1 } } }, "create: protoinfo.wscale: unknown key 'forward'"],
    [{ protoinfo: { flags: { reply: ['NOPE'] } } }, "create: protoinfo.flags.reply[0] must be 'WINDOW_SCALE'"],
    [{ protoinfo: { flags: { reply: 'SACK_PERM' } } }, 'create: protoinfo.flags.reply must be a list'],
    [{ protonum: 132, protoinfo: { vtag: { reply: 2 ** 32 } } }, 'create: protoinfo.vtag.reply must be a whole number'],
    [{ protonum: 33, protoinfo: { role: 'both' } }, "create: protoinfo.role must be 'client' or 'server'"],
    [{ protonum: 33, protoinfo: { handshakeSeq: 2 ** 48 } }, 'create: protoinfo.handshakeSeq must be a whole number'],
    [{ protoinfo: { nothing: 1 } }, "create: protoinfo: unknown key 'nothing'"],
    [{ protoinfo: { vtag: {} } }, 'create: protoinfo.vtag: tcp has no vtag'],
    [{ protonum: 17, protoinfo: { flags: {} } }, 'create: protoinfo.flags: udp has no flags'],
    [{ protonum: 132, protoinfo: { role: 'client' } }, 'create: protoinfo.role: sctp has no role'],
    [{ protonum: 33, protoinfo: { vtag: {} } }, 'create: protoinfo.vtag: dccp has no vtag'],
    [{ seqadj: { original: { offset: 1 } } }, "create: seqadj.original: unknown key 'offset'"],
    [{ seqadj: { reply: { correctionPos: -1 } } }, 'create: seqadj.reply.correctionPos must be a whole number'],
    [{ seqadj: { reply: { offsetBefore: -1 } } }, 'create: seqadj.reply.offsetBefore must be a whole number'],
    [{ seqadj: { reply: { offsetAfter: -1 } } }, 'create: seqadj.reply.offsetAfter must be a whole number'],
    [{ synproxy: { isn: -1 } }, 'create: synproxy.isn must be a whole number'],
    [{ synproxy: { its: -1 } }, 'create: synproxy.its must be a whole number'],
    [{ synproxy: { tsoff: -1 } }, 'create: synproxy.tsoff must be a whole number'],
    [{ synproxy: { ack: 1 } }, "create: synproxy: unknown key 'ack'"],
    [{ master: { family: 'inet' } }, "create: master.family must be 'ipv4' or 'ipv6'"],
    [{ master: { protonum: 256 } }, 'create: master.protonum must be a whole number from 0 to 255'],
    [{ master: { sport: -1 } }, 'create: master.sport must be a whole number'],
    [{ nat: { source: {} } }, "create: nat: unknown key 'source'"],
    [{ nat: { src: { adress: 'x' } } }, "create: nat.src: unknown key 'adress'. Did you mean 'address'?"],
    [{ nat: { src: { address: 1 } } }, 'create: nat.src.address must be text'],
    [{ nat: { src: { lastAddress: 1 } } }, 'create: nat.src.lastAddress must be text'],
    [{ nat: { dst: { port: 65536 } } }, 'create: nat.dst.port must be a whole number from 0 to 65535'],
    [{ nat: { dst: { lastPort: 65536 } } }, 'create: nat.dst.lastPort must be a whole number from 0 to 65535'],
  ];
  it('every valid member of a new flow is accepted, and the error for an invalid one names it', () => {
    checkAll(made, RIGHT, WRONG);
  });

  it('a new flow must be an object', () =>
    expect(said(() => checkNewFlow(null as never, complain))).toContain('must be an object'));
});

describe('a change', () => {
  const changed = (change: object): string | undefined => said(() => checkFlowChange(change as never, complain));
  const RIGHT = [
    {},
    { mark: 0, markMask: 0xffffffff, timeout: 0xffffffff, status: ['ASSURED'], helper: '', state: 'CLOSE' },
    { labels: [1, 2], labelsMask: [1, 2, 3] },
    { labels: [], labelsMask: [1] },
    { labels: [1] },
  ];
  const WRONG: readonly [object, string][] = [
    [{ marc: 5 }, "update: unknown key 'marc'. Did you mean 'mark'?"],
    [{ mark: '5' }, "update: mark must be a whole number from 0 to 4294967295, got '5'"],
    [{ mark: 1, markMask: -1 }, 'update: markMask must be a whole number'],
    [{ markMask: 1 }, 'update: markMask needs mark: a mask without a value changes nothing'],
    [{ timeout: -1 }, 'update: timeout must be a whole number'],
    [{ status: ['ASURED'] }, 'update: status: unknown status bit "ASURED"'],
    [{ labels: [128] }, 'update: labels[0] must be a whole number from 0 to 127'],
    [{ labels: [1], labelsMask: [128] }, 'update: labelsMask[0] must be a whole number from 0 to 127'],
    [{ labelsMask: [1] }, 'update: labelsMask needs labels: a mask without a value changes nothing'],
    [{ labels: [1, 2], labelsMask: [1] }, 'update: label 2 is outside labelsMask, so it would not be set'],
    [{ helper: 'ftp' }, "update: helper must be '' (which detaches the helper), got 'ftp'"],
    [{ state: 3 }, 'update: state must be text, got 3'],
    [{ protoinfo: {} }, "update: unknown key 'protoinfo'"],
  ];
  it('every valid member of a change is accepted, and the error for an invalid one names it', () => {
    checkAll(changed, RIGHT, WRONG);
  });
});

describe('a reference', () => {
  const referred = (more: object): string | undefined =>
    said(() => checkFlowRef('delete', { family: 'ipv4', protonum: 6, original: PORTS, ...more } as FlowRef, complain));
  /** A listed flow with every member. */
  const WHOLE: Required<Flow> = {
    ...TCP,
    key: 'ct1.x',
    protocol: 'tcp',
    original: { ...PORTS, packets: 1, bytes: 2 },
    reply: { ...PORTS, packets: 1, bytes: 2, zone: 3 },
    state: 'ESTABLISHED',
    status: [],
    mark: 1,
    use: 1,
    id: 0xffffffff,
    zone: 0xffff,
    labels: ['named'],
    secctx: 'x',
    secmark: 1,
    helper: 'ftp',
    start: '',
    stop: '',
    deltaTime: 1,
    protoinfo: {},
    seqadj: {},
    synproxy: { isn: 1, its: 1, tsoff: 1 },
    master: PORTS,
    portid: 1,
    progname: 'x',
    extra: [],
    unknown: {},
  } as never;

  const WRONG: readonly [object, string][] = [
    [{ zones: 1 }, "delete: unknown key 'zones'. Did you mean 'zone'?"],
    [{ zone: 65536 }, 'delete: zone must be a whole number from 0 to 65535'],
    [{ replyZone: 65536 }, 'delete: replyZone must be a whole number from 0 to 65535'],
    [{ id: 2 ** 32 }, 'delete: id must be a whole number from 0 to 4294967295'],
    [{ family: 'inet' }, "delete: family must be 'ipv4' or 'ipv6'"],
    [{ protonum: 256 }, 'delete: protonum must be a whole number from 0 to 255'],
    [{ original: { ...PORTS, srcport: 1 } }, "delete: original: unknown key 'srcport'"],
    [{ reply: { ...PORTS, srcport: 1 } }, "delete: reply: unknown key 'srcport'"],
    [{ original: { ...PORTS, type: 8 } }, 'delete: original.type: tcp has no type'],
  ];
  it('a whole flow is accepted as a reference, and the error for an invalid member names it', () => {
    const right = [
      WHOLE,
      { replyZone: 5, reply: undefined },
      { protonum: undefined, original: undefined },
      { protonum: undefined },
      { original: undefined },
    ];
    checkAll(referred, right, WRONG);
  });

  it('references by the million are checked by their keys only', () => {
    const checked = (more: object): string | undefined =>
      said(() =>
        checkRefKeys('delete', { family: 'ipv4', protonum: 6, original: PORTS, ...more } as FlowRef, complain),
      );
    expect(checked({ id: -1 })).toBeUndefined();
    expect(checked(WHOLE)).toBeUndefined();
    expect(checked({ zones: 1 })).toContain("delete: unknown key 'zones'");
    expect(checked({ original: { ...PORTS, srcport: 1 } })).toContain("delete: original: unknown key 'srcport'");
  });
});
