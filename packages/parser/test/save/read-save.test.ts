import type { ParseError, ParseOptions } from '@conntrack/parser';
import { parseEventText, parseText } from '@conntrack/parser/all';
import { describe, expect, it } from 'vitest';

const one = (text: string, options?: ParseOptions): object => {
  const list = parseText(text, options);
  expect(list).toHaveLength(1);
  return list[0]!;
};
const fault = (text: string, options?: ParseOptions): [code: string, column: number, expected: string] => {
  try {
    parseText(text, options);
  } catch (error) {
    const { code, column, expected } = error as ParseError;
    return [code, column, expected];
  }
  throw new Error('it was read');
};
const FRONT = '-A -t 99';
const ENDS = '-s 192.0.2.1 -d 192.0.2.2 -r 192.0.2.2 -q 192.0.2.1';
const FLOW = {
  family: 'ipv4',
  timeout: 99,
  original: { src: '192.0.2.1', dst: '192.0.2.2' },
  reply: { src: '192.0.2.2', dst: '192.0.2.1' },
};

describe('a line of -o save', () => {
  it('a line of -o save is read with every field', () => {
    const line = `${FRONT} -u SEEN_REPLY,ASSURED,FIXED_TIMEOUT,EXPECTED ${ENDS} -p tcp --sport 1 --dport 2 --reply-port-src 2 --reply-port-dst 1 --state ESTABLISHED -m 7 -c 8 -w 5`;
    const flow = {
      ...FLOW,
      protocol: 'tcp',
      protonum: 6,
      original: { ...FLOW.original, sport: 1, dport: 2 },
      reply: { ...FLOW.reply, sport: 2, dport: 1 },
      state: 'ESTABLISHED',
      status: ['EXPECTED', 'SEEN_REPLY', 'ASSURED', 'FIXED_TIMEOUT'],
      mark: 7,
      secmark: 8,
      zone: 5,
    };
    expect(one(line)).toEqual(flow);
    expect(one(`${line} [USERSPACE] portid=4 progname=x`)).toEqual({ ...flow, portid: 4, progname: 'x' });
    for (const [command, type] of [
      ['-A', 'new'],
      ['-U', 'update'],
      ['-D', 'destroy'],
    ] as const)
      expect(parseEventText(line.replace('-A', command))).toEqual([{ type, flow }]);
  });

  it('a line of -o save for other protocols has their parts', () => {
    expect(
      one(`${FRONT} -u UNSET ${ENDS} -p gre --srckey 0 --dstkey 65535 --reply-key-src 1 --reply-key-dst 2`),
    ).toMatchObject({
      protocol: 'gre',
      status: [],
      original: { srckey: 0, dstkey: 65535 },
      reply: { srckey: 1, dstkey: 2 },
    });
    expect(one(`${FRONT} ${ENDS} -p icmp --icmp-type 8 --icmp-code 0 --icmp-id 7`)).toMatchObject({
      original: { type: 8, code: 0, id: 7 },
    });
    expect(
      one(`${FRONT} -s ::1 -d ::2 -r ::2 -q ::1 -p icmpv6 --icmpv6-type 128 --icmpv6-code 0 --icmpv6-id 7`),
    ).toMatchObject({ family: 'ipv6', protocol: 'icmpv6', original: { type: 128, code: 0, id: 7 } });
    expect(one(`${FRONT} ${ENDS} -p sctp --state ESTABLISHED --orig-vtag 1 --reply-vtag 4278190080`)).toMatchObject({
      protoinfo: { vtag: { original: 0x01000000, reply: 0xff } },
    });
    expect(one(`${FRONT} ${ENDS} -p sctp --orig-vtag 0`)).toMatchObject({ protoinfo: { vtag: { original: 0 } } });
    for (const role of ['client', 'server'])
      expect(one(`${FRONT} ${ENDS} -p dccp --role ${role}`)).toMatchObject({ protoinfo: { role } });
    expect(one(`${FRONT} ${ENDS} -p 50`)).toMatchObject({ protocol: 'esp', status: [] });
    expect(one(`${FRONT} ${ENDS} -p 50`)).not.toHaveProperty('protoinfo');
  });

  it('address translation is read from the reply options of -o save', () => {
    const line = (source: string, target: string): object =>
      one(`${FRONT} -s 192.0.2.1 -d 192.0.2.2 ${source} 192.0.2.3 ${target} 192.0.2.4 -p 50`);
    expect(line('-r', '-q')).toMatchObject({ status: [], reply: { src: '192.0.2.3', dst: '192.0.2.4' } });
    expect(line('-g', '-q')).toMatchObject({ status: ['DST_NAT', 'DST_NAT_DONE'] });
    expect(line('-r', '-n')).toMatchObject({ status: ['SRC_NAT', 'SRC_NAT_DONE'] });
    expect(one(`${FRONT} ${ENDS} -p 50 --orig-zone 3`)).toMatchObject({ original: { zone: 3 } });
    expect(one(`${FRONT} ${ENDS} -p 50 --reply-zone 4`)).toMatchObject({ reply: { zone: 4 } });
  });

  const column = `${FRONT} ${ENDS} -p tcp `.length + 1;
  it.each<[string, string, number, string]>([
    ['--nonsense 5', 'OPTION_EXPECTED', column, 'an option of -o save with a valid value'],
    ['-m', 'OPTION_EXPECTED', column, 'an option once, with its value'],
    ['-m 1 -m 1', 'OPTION_EXPECTED', column + 5, 'an option once, with its value'],
    ['-m 1  -c 1', 'OPTION_EXPECTED', column + 5, 'an option of -o save with a valid value'],
    ['-u ASURED', 'OPTION_EXPECTED', column, 'UNSET, or any of SEEN_REPLY,ASSURED,FIXED_TIMEOUT,EXPECTED'],
    ['-u SRC_NAT', 'OPTION_EXPECTED', column, 'UNSET, or any of SEEN_REPLY,ASSURED,FIXED_TIMEOUT,EXPECTED'],
    ['--role both', 'OPTION_EXPECTED', column, 'an option of -o save with a valid value'],
    ['--rule client', 'OPTION_EXPECTED', column, 'an option of -o save with a valid value'],
    ['--orig-vtag 4294967296', 'OPTION_EXPECTED', column, 'an option of -o save with a valid value'],
    ['--srckey x', 'NUMBER_EXPECTED', column, 'a key, 0x0 to 0xffff'],
    ['--srckey 65536', 'NUMBER_EXPECTED', column, 'a key, 0x0 to 0xffff'],
    ['-m x', 'NUMBER_EXPECTED', column, 'a number, 0 to 4294967295'],
    ['-w [5]', 'NUMBER_EXPECTED', column, 'a value without spaces and brackets'],
    ['--state NOSTATE', 'STATE_EXPECTED', column, 'a state of tcp'],
    ['--sport 5 --dport 65536', 'NUMBER_EXPECTED', column + 10, 'a number, 0 to 65535'],
  ])('a line of -o save with %s is a fault', (more, code, at, expected) => {
    expect(fault(`${FRONT} ${ENDS} -p tcp ${more}`)).toEqual([code, at, expected]);
  });

  it('a line of -o save needs a protocol, addresses and a command', () => {
    expect(fault(`${FRONT} ${ENDS} -p tpc`)).toEqual(['OPTION_EXPECTED', column - 7, 'a protocol']);
    expect(fault(`${FRONT} ${ENDS}`)).toEqual(['PROTOCOL_EXPECTED', `${FRONT} ${ENDS}`.length + 1, '-p']);
    expect(fault(`${FRONT} -p tcp`)[0]).toBe('TUPLE_EXPECTED');
    expect(fault(`-X ${ENDS} -p tcp`, { format: 'save' })).toEqual(['OPTION_EXPECTED', 1, '-A, -U or -D']);
    expect(fault(`${FRONT} ${ENDS.replace('192.0.2.1', 'x')} -p tcp`)).toEqual([
      'ADDRESS_EXPECTED',
      10,
      'an IPv4 address',
    ]);
  });

  it('a line of -o save has at most two words for each of maxPairs', () => {
    const line = `${FRONT} ${ENDS} -p 50`;
    const words = line.split(' ').length;
    expect(words).toBe(13);
    expect(one(line, { maxPairs: 7 })).toMatchObject({ protonum: 50 });
    expect(fault(line, { maxPairs: 6 })).toEqual(['TOO_MANY_PAIRS', 1, 'at most 12 words']);
    expect(one(`${line} -m 1`.replace(' -t 99', ''), { maxPairs: 7.5 })).toMatchObject({ mark: 1 });
    expect(fault(`-A${' -m 1'.repeat(128)}`)).toEqual(['TOO_MANY_PAIRS', 1, 'at most 256 words']);
  });
});
