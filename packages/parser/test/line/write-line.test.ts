import { type Flow, LabelMap } from '@conntrack/flow';
import { parseLine } from '@conntrack/parser';
import { type FormatOptions, formatEvent, formatFlow } from '@conntrack/parser/format';
import { describe, expect, it } from 'vitest';

const flow: Flow = {
  family: 'ipv4',
  protocol: 'tcp',
  protonum: 6,
  original: { src: '10.0.0.1', dst: '10.0.0.2', sport: 1, dport: 2 },
  reply: { src: '10.0.0.2', dst: '10.0.0.1', sport: 2, dport: 1 },
};
const TUPLES = 'src=10.0.0.1 dst=10.0.0.2 sport=1 dport=2 src=10.0.0.2 dst=10.0.0.1 sport=2 dport=1';
const LINE = `tcp      6 ${TUPLES}`;
const written = (more: object, options: Partial<FormatOptions> = {}): string =>
  formatFlow({ ...flow, ...more } as Flow, { format: 'conntrack', timeZone: 0, ...options });

describe('a flow as a line', () => {
  it.each<[object, Partial<FormatOptions>, string]>([
    [{}, {}, LINE],
    [{}, { compact: true }, LINE.replace('      ', ' ')],
    [{}, { extended: true, compact: true }, `ipv4 2 tcp 6 ${TUPLES}`],
    [{}, { extended: true }, `ipv4     2 ${LINE}`],
    [{}, { format: 'proc', extended: false }, `ipv4     2 ${LINE}`],
    [{}, { format: 'ip_conntrack', extended: true }, LINE],
    [{ protonum: 50, protocol: 'esp' }, {}, `unknown  50 ${TUPLES}`],
    [{ protonum: 50, protocol: 'esp' }, { compact: true }, `unknown 50 ${TUPLES}`],
    [{ extra: [{ text: 'esp', after: 'protocol' }] }, {}, `esp      6 ${TUPLES}`],
    [{ extra: [{ text: 'esp', after: 'protocol' }] }, { compact: true }, `esp 6 ${TUPLES}`],
    [{ extra: [{ text: 'e\u001b', after: 'protocol' }] }, { compact: true }, `e\\x1b 6 ${TUPLES}`],
    [{ timeout: 0, state: 'CLOSE' }, {}, LINE.replace('6 ', '6 0 CLOSE ')],
    [
      { status: [] },
      {},
      LINE.replace('dport=2', 'dport=2 [UNREPLIED]').replace('2 [UNREPLIED] src', '2 [UNREPLIED] src'),
    ],
    [{ status: ['SEEN_REPLY'] }, {}, LINE],
    [{ status: ['SEEN_REPLY', 'ASSURED'] }, {}, `${LINE} [ASSURED]`],
    [{ status: ['SEEN_REPLY', 'ASSURED', 'OFFLOAD'] }, {}, `${LINE} [OFFLOAD]`],
    [{ status: ['SEEN_REPLY', 'OFFLOAD', 'HW_OFFLOAD'] }, {}, `${LINE} [HW_OFFLOAD]`],
    [
      { mark: 0, secmark: 1, secctx: 'a\u001b', zone: 0, deltaTime: 5, helper: 'f\u001b', use: 1, id: 7 },
      {},
      `${LINE} mark=0 secmark=1 secctx=a\\x1b delta-time=5 helper=f\\x1b use=1`,
    ],
    [{ zone: 0 }, { format: 'ip_conntrack' }, `${LINE} zone=0`],
    [{ zone: 5 }, {}, `${LINE} zone=5`],
    [{ helper: 'ftp', id: 7, labels: [1] }, { format: 'ip_conntrack', id: true, labels: true, ktimestamp: true }, LINE],
    [{ id: 7 }, { id: true }, `${LINE} id=7`],
    [{ labels: [1, 'web'] }, { labels: true }, `${LINE} labels=1,web`],
    [{ labels: [1, 5, 'web'] }, { labels: new LabelMap('1 one') }, `${LINE} labels=one,web`],
    [{ labels: [5] }, { labels: new LabelMap('1 one') }, `${LINE} labels`],
    [{ labels: [] }, { labels: true }, `${LINE} labels`],
    [{ labels: [1] }, { labels: false }, LINE],
    [{ labels: [1] }, {}, LINE],
    [{ start: '2026-11-21T04:17:25.900000000Z' }, { ktimestamp: true }, `${LINE} [start=Sat Nov 21 04:17:25 2026]`],
    [
      { stop: '2026-11-21T04:17:25.000000000Z' },
      { ktimestamp: true, timeZone: 60 },
      `${LINE} [stop=Sat Nov 21 05:17:25 2026]`,
    ],
    [{ start: '2026-11-21T04:17:25.900000000Z' }, { now: Date.UTC(2026, 10, 21, 4, 17, 30) }, `${LINE} delta-time=5`],
    [
      { start: '2026-11-21T04:17:25.900000000Z', stop: '2026-11-21T04:17:28.100000000Z' },
      { now: Date.UTC(2027, 0, 1) },
      `${LINE} delta-time=3`,
    ],
    [{ start: '2026-11-21T04:17:25.900000000Z', deltaTime: 9 }, { now: Date.UTC(2027, 0, 1) }, `${LINE} delta-time=9`],
    [{ start: '2026-11-21T04:17:25.900000000Z' }, { now: 0 }, `${LINE} delta-time=0`],
    [{ portid: 5, progname: 'a' }, {}, `${LINE} [USERSPACE] portid=5 progname=a`],
    [{ portid: 5 }, {}, `${LINE} [USERSPACE] portid=5`],
    [
      { original: { src: 'a', dst: 'b' } },
      {},
      LINE.replace('src=10.0.0.1 dst=10.0.0.2 sport=1 dport=2', 'src=a dst=b sport=0 dport=0'),
    ],
    [
      { original: { src: 'a', dst: 'b' } },
      { format: 'ip_conntrack' },
      `unknown  6 src=a dst=b src=10.0.0.2 dst=10.0.0.1 sport=2 dport=1`,
    ],
    [
      { original: { src: 'a', dst: 'b' }, extra: [] },
      {},
      LINE.replace('src=10.0.0.1 dst=10.0.0.2 sport=1 dport=2', 'src=a dst=b'),
    ],
    [
      { protonum: 50, original: { src: 'a', dst: 'b' }, reply: { src: 'b', dst: 'a' } },
      { format: 'ip_conntrack' },
      'unknown  50 src=a dst=b src=b dst=a',
    ],
    [
      { original: { ...flow.original, zone: 3, packets: 0, bytes: 1 }, reply: { ...flow.reply, zone: 4, bytes: 0 } },
      {},
      LINE.replace('dport=2', 'dport=2 zone-orig=3 packets=0 bytes=1').replace(
        'dport=1',
        'dport=1 zone-reply=4 bytes=0',
      ),
    ],
    [
      { family: 'ipv6', original: { src: '::1', dst: '2001:db8::2' }, reply: { src: 'x', dst: '::' }, protonum: 50 },
      { format: 'proc' },
      'ipv6     10 unknown  50 src=0000:0000:0000:0000:0000:0000:0000:0001 dst=2001:0db8:0000:0000:0000:0000:0000:0002 src=x dst=0000:0000:0000:0000:0000:0000:0000:0000',
    ],
    [
      { family: 'ipv6', original: { src: '::1', dst: '::2' }, reply: { src: '::2', dst: '::1' }, protonum: 50 },
      { extended: true, compact: true },
      'ipv6 10 unknown 50 src=::1 dst=::2 src=::2 dst=::1',
    ],
  ])('the line of %j with %j is written', (more, options, line) => {
    expect(written(more, options)).toBe(line);
  });

  it('a line of the kernel’s file begins with the layer 3 columns', () => {
    expect(formatFlow(flow, { format: 'proc' })).toBe(`ipv4     2 ${LINE}`);
  });

  it('the line of an event has its tag and time', () => {
    const event = { type: 'new', flow, time: '2026-11-21T04:17:25.000007000Z' } as const;
    expect(formatEvent(event, { format: 'conntrack' })).toBe(`[1795234645.000007]\t    [NEW] ${LINE}`);
    expect(formatEvent(event, { format: 'conntrack', timestamp: false })).toBe(`    [NEW] ${LINE}`);
    expect(formatEvent({ type: 'destroy', flow }, { format: 'conntrack', timestamp: true })).toBe(`[DESTROY] ${LINE}`);
  });
});

describe('tokens that no table has', () => {
  const all = { extended: true, id: true, ktimestamp: true, labels: true, timeZone: 0 } as const;
  it.each([
    `tcp      6 a=1 99 b=2 CLOSE c=3 ${TUPLES} mark=0 use=1`.replace('a=1 99 b=2 CLOSE c=3', '99 CLOSE c=3'),
    `tcp      6 a=1 ${TUPLES}`,
    `tcp      6 ${TUPLES} mark=0 a=1 secmark=1 b=1 secctx=x zone=5 helper=ftp c=1 use=1 d=1 id=5 labels=a e=1 [USERSPACE] portid=7 f=1 progname=x`,
    `tcp      6 99 a=1 ${TUPLES}`,
    `tcp      6 99 a=1 SYN_SENT2 b=1 ${TUPLES}`.replace('99 a=1 ', '99 '),
    `tcp      6 99 11 b=1 ${TUPLES}`.replace('11', 'SYN_SENT2'),
    `tcp      6 ${TUPLES} use=1 labels a=1 [USERSPACE] portid=5 progname=x`.replace(
      ' [USERSPACE] portid=5 progname=x',
      '',
    ),
    `tcp      6 src=10.0.0.1 a=1 dst=10.0.0.2 b=1 sport=1 c=1 dport=2 d=1 [UNREPLIED] e=1 src=10.0.0.2 f=1 dst=10.0.0.1 sport=2 dport=1 g=1 [X] mark=1 h=1 use=1 i=1`,
    `tcp      6 ${TUPLES} [ASSURED] a=1 mark=0 b=1 [start=Sat Nov 21 04:17:25 2026] c=1 [stop=Sat Nov 21 04:17:26 2026] d=1 use=1 e=1 id=5 f=1 labels=a g=1`,
    `tcp      6 ${TUPLES} use=1 labels a=1`,
    `tcp      6 ${TUPLES} [start=Sun Nov 21 04:17:25 2026] use=1`,
    `tcp      6 ${TUPLES} secctx=x a=1 zone=5 b=1 delta-time=5 c=1 helper=ftp d=1`,
    `icmp     1 src=10.0.0.1 dst=10.0.0.2 type=8 code=0 id=7 a=1 src=10.0.0.2 dst=10.0.0.1 type=0 code=0 id=7 b=1 use=1 id=9 c=1`,
    `icmp     1 src=10.0.0.1 dst=10.0.0.2 type=8 code=0 src=10.0.0.2 dst=10.0.0.1 type=0 code=0 id=7 b=1 use=1 id=9 c=1`,
    `tcp      6 ${TUPLES} use=1 a=1 a=1 `,
  ])('unknown tokens of %j are written in their places', line => {
    expect(
      formatFlow(parseLine(line, { timeZone: 0, format: 'conntrack' }), {
        format: 'conntrack',
        ...all,
        extended: false,
      }),
    ).toBe(line);
    const extended = `ipv4     2 ${line}`;
    expect(formatFlow(parseLine(extended, { timeZone: 0, format: 'conntrack' }), { format: 'conntrack', ...all })).toBe(
      extended,
    );
  });

  it('extra tokens go to the end if the token before them is not written, without control characters', () => {
    const extra = [
      { text: 'a=1', after: 'id' },
      { text: 'b\u001b=2', after: 'nowhere' },
      { text: 'c\u001b=3', after: 'use' },
    ];
    expect(written({ extra, id: 5, use: 1 })).toBe(`${LINE} use=1 c\\x1b=3 a=1 b\\x1b=2`);
    expect(written({ extra: [] })).toBe(LINE);
  });
});
