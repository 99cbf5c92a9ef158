import type { Flow } from '@conntrack/flow';
import { describe, expect, it } from 'vitest';
import { Fault } from '../../src/core/error.js';
import { readOvs } from '../../src/ovs/read-ovs.js';

const ENDS = 'orig=(src=10.0.0.1,dst=10.0.0.2,sport=1,dport=2),reply=(src=10.0.0.2,dst=10.0.0.1,sport=2,dport=1)';
const FLOW = {
  family: 'ipv4',
  protocol: 'tcp',
  protonum: 6,
  original: { src: '10.0.0.1', dst: '10.0.0.2', sport: 1, dport: 2 },
  reply: { src: '10.0.0.2', dst: '10.0.0.1', sport: 2, dport: 1 },
};
const read = (line: string, timeZone: number | 'local' | undefined = 0): Flow => readOvs({ timeZone })(line)!.record;
const fault = (line: string): [code: string, at: number, expected: string] => {
  try {
    read(line);
  } catch (error) {
    expect(error).toBeInstanceOf(Fault);
    const { code, at, expected } = error as Fault;
    return [code, at, expected];
  }
  throw new Error('it was read');
};

describe('a line of dpctl/dump-conntrack', () => {
  it.each<[more: string, fields: object]>([
    ['', {}],
    [
      ',zone=5,mark=7,id=9,timeout=99,helper=ftp',
      { zone: 5, mark: 7, id: 9, timeout: 99, helper: 'ftp', key: expect.any(String) },
    ],
    [',status=SEEN_REPLY|ASSURED', { status: ['SEEN_REPLY', 'ASSURED'] }],
    [',status=UNTRACKED', { status: ['NAT_CLASH'] }],
    [',labels=0x0', { labels: [] }],
    [',labels=0x80000000000000000000000000000001', { labels: [0, 127] }],
    [',start=2026-11-21T04:17:25', { start: '2026-11-21T04:17:25.000000000Z' }],
    [
      ',start=2026-11-21T04:17:25.5,stop=2026-11-21T04:17:26.000007',
      { start: '2026-11-21T04:17:25.500000000Z', stop: '2026-11-21T04:17:26.000007000Z' },
    ],
    [',protoinfo=(state=ESTABLISHED)', { state: 'ESTABLISHED' }],
    [',protoinfo=(state_orig=SYN_SENT,state_reply=ESTABLISHED)', { state: 'ESTABLISHED' }],
    [',protoinfo=(state_orig=ESTABLISHED,state_reply=SYN_SENT)', { state: 'ESTABLISHED' }],
    [',protoinfo=(state_orig=FIN_WAIT_2,state_reply=CLOSING)', { state: 'FIN_WAIT' }],
    [',protoinfo=(state=CLOSED)', { state: 'CLOSE' }],
    [',protoinfo=(wscale_orig=0,wscale_reply=255)', { protoinfo: { wscale: { original: 0, reply: 255 } } }],
    [
      ',protoinfo=(flags_orig=WINDOW_SCALE|SACK_PERM|,flags_reply=)',
      { protoinfo: { flags: { original: ['WINDOW_SCALE', 'SACK_PERM'], reply: [] } } },
    ],
    [
      ',parent=(src=10.0.0.1,dst=10.0.0.2,sport=0,dport=65535)',
      { master: { src: '10.0.0.1', dst: '10.0.0.2', sport: 0, dport: 65535 } },
    ],
  ])('a line of dpctl/dump-conntrack with %s is read', (more, fields) => {
    expect(read(`tcp,${ENDS}${more}`)).toEqual({ ...FLOW, ...fields });
  });

  it('a line of dpctl/dump-conntrack has the zones, counters and parts of each direction', () => {
    expect(
      read(
        'icmpv6,orig=(src=::1,dst=::2,id=7,type=128,code=0,zone=3,packets=1,bytes=2),reply=(src=::2,dst=::1,id=7,type=129,code=0,zone=4)',
      ),
    ).toEqual({
      family: 'ipv6',
      protocol: 'icmpv6',
      protonum: 58,
      original: { src: '::1', dst: '::2', type: 128, code: 0, id: 7, zone: 3, packets: 1, bytes: 2 },
      reply: { src: '::2', dst: '::1', type: 129, code: 0, id: 7, zone: 4 },
    });
    expect(read(`sctp,${ENDS},protoinfo=(state=ESTABLISHED,vtag_orig=1,vtag_reply=4294967295)`)).toMatchObject({
      state: 'ESTABLISHED',
      protoinfo: { vtag: { original: 1, reply: 0xffffffff } },
    });
    expect(read(`sctp,${ENDS},protoinfo=(state=COOKIE_WAIT)`)).not.toHaveProperty('protoinfo');
  });

  it('the times of dpctl/dump-conntrack are in the given zone, or this machine’s', () => {
    const line = `tcp,${ENDS},start=2026-11-21T04:17:25`;
    expect(read(line, 60).start).toBe('2026-11-21T03:17:25.000000000Z');
    expect(read(line, 'local').start).toBe(
      `${new Date(2026, 10, 21, 4, 17, 25).toISOString().slice(0, -5)}.000000000Z`,
    );
    expect(readOvs({})(line)!.record.start).toBe(read(line, 'local').start);
  });

  const at = `tcp,${ENDS},`.length;
  it.each<[more: string, code: string, at: number, expected: string]>([
    ['zone', 'PAIR_EXPECTED', at, 'key=value'],
    ['zone=5,,', 'PAIR_EXPECTED', at + 7, 'key=value'],
    ['zone=5,zone=6', 'PAIR_EXPECTED', at + 7, 'zone= once'],
    ['zone=x', 'NUMBER_EXPECTED', at + 5, 'a number, 0 to 65535'],
    ['marc=5', 'PAIR_EXPECTED', at, 'a field of dpctl/dump-conntrack'],
    ['status=ASURED', 'OPTION_EXPECTED', at + 7, 'names of status bits'],
    ['status=ASSURED|', 'OPTION_EXPECTED', at + 7, 'names of status bits'],
    ['labels=5', 'NUMBER_EXPECTED', at + 7, 'labels, 0x0 to 128 bits'],
    ['labels=x0x5', 'NUMBER_EXPECTED', at + 7, 'labels, 0x0 to 128 bits'],
    ['labels=0x5g', 'NUMBER_EXPECTED', at + 7, 'labels, 0x0 to 128 bits'],
    [`labels=0x${'1'.repeat(33)}`, 'NUMBER_EXPECTED', at + 7, 'labels, 0x0 to 128 bits'],
    ['start=now', 'NUMBER_EXPECTED', at + 6, 'a local time, 2026-11-29T18:40:01.000'],
    ['start=2026-11-21T04:17', 'NUMBER_EXPECTED', at + 6, 'a local time, 2026-11-29T18:40:01.000'],
    ['start=2026-13-21T04:17:25', 'NUMBER_EXPECTED', at + 6, 'a local time, 2026-11-29T18:40:01.000'],
    ['start=2026-11-21T04:17:25.1234567', 'NUMBER_EXPECTED', at + 6, 'a local time, 2026-11-29T18:40:01.000'],
    ['start=x2026-11-21T04:17:25', 'NUMBER_EXPECTED', at + 6, 'a local time, 2026-11-29T18:40:01.000'],
    ['start=2026-11-21T04:17:25Z', 'NUMBER_EXPECTED', at + 6, 'a local time, 2026-11-29T18:40:01.000'],
    ['protoinfo=5', 'PAIR_EXPECTED', at + 10, 'fields in parentheses'],
    ['protoinfo=(status=5)', 'PAIR_EXPECTED', at + 18, 'the tracker’s fields'],
    ['protoinfo=(xstate=CLOSED)', 'PAIR_EXPECTED', at + 18, 'the tracker’s fields'],
    ['protoinfo=(state_back=CLOSED)', 'PAIR_EXPECTED', at + 22, 'the tracker’s fields'],
    [
      'protoinfo=(state=CLOSE)',
      'STATE_EXPECTED',
      at + 17,
      'one of CLOSED, LISTEN, SYN_SENT, SYN_RECV, ESTABLISHED, CLOSE_WAIT, FIN_WAIT_1, CLOSING, LAST_ACK, FIN_WAIT_2, TIME_WAIT',
    ],
    ['protoinfo=(wscale=5)', 'PAIR_EXPECTED', at + 18, 'wscale_orig or wscale_reply'],
    ['protoinfo=(flags_orig=SACK_PERM|X)', 'OPTION_EXPECTED', at + 22, 'names of TCP flags'],
    ['protoinfo=(wscale_orig=256)', 'NUMBER_EXPECTED', at + 23, 'a number'],
    ['protoinfo=(vtag_orig=4294967296)', 'NUMBER_EXPECTED', at + 21, 'a number'],
    ['protoinfo=(vtag_orig=x)', 'NUMBER_EXPECTED', at + 21, 'a number'],
    ['parent=(src=10.0.0.1,dst=10.0.0.2,sport=x)', 'PAIR_EXPECTED', at + 40, 'a tuple'],
    ['parent=(src=10.0.0.1,dst=10.0.0.2,port=5)', 'PAIR_EXPECTED', at + 39, 'a tuple'],
    ['parent=(src=10.0.0.1)', 'TUPLE_EXPECTED', at + 7, 'src= and dst= of the parent'],
    ['parent=(dst=10.0.0.1)', 'TUPLE_EXPECTED', at + 7, 'src= and dst= of the parent'],
  ])('a line of dpctl/dump-conntrack with %s is a fault', (more, code, place, expected) => {
    expect(fault(`tcp,${ENDS},${more}`)).toEqual([code, place, expected]);
  });

  it('a line of dpctl/dump-conntrack needs a protocol, and tuples with its parts', () => {
    expect(fault(`tpc,${ENDS}`)).toEqual(['PROTOCOL_EXPECTED', 0, 'a protocol']);
    expect(fault('tcp')).toEqual(['PROTOCOL_EXPECTED', 0, 'a protocol']);
    expect(fault(`tcp,${ENDS.replace('sport=1', 'port=1')}`)).toEqual(['PAIR_EXPECTED', 41, 'a field of a tuple']);
    expect(fault(`tcp,${ENDS.replace('10.0.0.1', 'x')}`)).toEqual(['ADDRESS_EXPECTED', 14, 'an IPv4 address']);
    expect(fault('tcp,orig=5')).toEqual(['PAIR_EXPECTED', 9, 'fields in parentheses']);
    expect(fault(`tcp,${ENDS.slice(0, ENDS.indexOf(',reply'))}`)[0]).toBe('TUPLE_EXPECTED');
    expect(read(`6,${ENDS}`)).toEqual(FLOW);
  });
});
