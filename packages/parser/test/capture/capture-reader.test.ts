import { readFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import type { Flow } from '@conntrack/flow';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseEventText, parseText } from '../../src/all.js';
import { type CaptureRecord, captureBatches, captureEvents, captureRecords, ParseError } from '../../src/capture.js';
import type { StreamOptions } from '../../src/core/options.js';
import { formatFlow } from '../../src/format.js';
import { conntrackFlow } from '../arbitrary.js';
import { CORPUS, corpusFiles } from '../corpus.js';

type Input = string | Uint8Array;

async function flat<T>(batches: AsyncIterable<T[]>): Promise<T[]> {
  const list: T[] = [];
  for await (const batch of batches) list.push(...batch);
  return list;
}
const read = (input: Input, options?: StreamOptions): Promise<Flow[]> => flat(captureBatches([input], options));
const capture = (name: string): Uint8Array => readFileSync(`${CORPUS}captures/${name}`);

async function errorOf(input: Input, options?: StreamOptions): Promise<ParseError> {
  const error = await read(input, options).catch((failed: unknown) => failed);
  if (!(error instanceof ParseError)) throw new Error(`no error: ${JSON.stringify(error)}`);
  return error;
}

const TCP =
  'tcp      6 299 ESTABLISHED src=192.0.2.36 dst=192.0.2.59 sport=58292 dport=22 src=192.0.2.59 dst=192.0.2.36 sport=22 dport=58292 [ASSURED] mark=0 use=2';
const UDP =
  'ipv4     2 udp      17 29 src=192.0.2.1 dst=192.0.2.2 sport=5 dport=53 [UNREPLIED] src=192.0.2.2 dst=192.0.2.1 sport=53 dport=5 mark=0 zone=0 use=2';
const [tcp, udp] = parseText(`${TCP}\n${UDP}`) as [Flow, Flow];

describe('captures that people sent', () => {
  it.each<[string, Partial<Flow>[]]>([
    [
      'bom-proc.txt',
      [
        { protocol: 'tcp', state: 'ESTABLISHED', timeout: 299 },
        { protocol: 'udp', timeout: 18 },
      ],
    ],
    ['delta-time.txt', [{ deltaTime: 12 }, { deltaTime: 12 }, { deltaTime: 12, zone: 5 }]],
    ['linux24-expecting.txt', [{ protocol: 'tcp', timeout: 431994 }]],
    ['cat-n.txt', [{ secctx: 'system_u:object_r:unlabeled_t:s0', use: 2 }]],
    ['grep-H.txt', [{ timeout: 299, use: 2 }]],
    ['email-wrapped.txt', [{ timeout: 430665, status: ['SEEN_REPLY', 'ASSURED'], use: 1 }]],
    ['backslash.txt', [{ timeout: 431999, mark: 0, use: 2 }]],
    ['utf16.txt', [{ protocol: 'tcp' }, { protocol: 'udp' }]],
    ['gzip.gz', [{ protocol: 'tcp' }, { protocol: 'udp' }]],
    ['xml-oneline.xml', [{ id: 501034516 }, { id: 501034516, state: 'SYN_SENT' }]],
    ['secctx-space.txt', [{ secctx: 'docker-default (enforce)', zone: 0, use: 1 }]],
    ['hex-mark.txt', [{ mark: 256, secmark: 1002, id: 42 }]],
    ['pasted-prompt.txt', [{ protocol: 'udp', timeout: 20 }]],
  ])('a capture that people sent is read: %s', async (name, expected) => {
    const flows = await read(capture(name));
    expect(flows).toMatchObject(expected);
    // Linux 2.4 ends its lines with a space.
    expect(flows.flatMap(flow => flow.extra ?? []).filter(({ text }) => text !== '')).toEqual([]);
  });

  it('wrapped lines of a capture have all their fields', async () => {
    const [mail] = await read(capture('email-wrapped.txt'));
    expect(mail?.original).toEqual({ src: '192.0.2.129', dst: '198.51.100.85', sport: 3881, dport: 80 });
    const [slashed] = await read(capture('backslash.txt'));
    expect(slashed?.reply).toMatchObject({ sport: 80, dport: 54321, packets: 80, bytes: 9876 });
  });

  it('Open vSwitch’s dump has every field in its place', async () => {
    const flows = await read(capture('ovs-dpctl.txt'), { timeZone: 0 });
    expect(flows.map(({ protocol, zone, state }) => [protocol, zone, state])).toEqual([
      ['tcp', 6, 'ESTABLISHED'],
      ['udp', 16, undefined],
      ['icmp', 1, undefined],
      ['tcp', 65520, 'ESTABLISHED'],
    ]);
    expect(flows[0]).not.toHaveProperty('status');
    expect(flows[2]).toMatchObject({
      original: { type: 8, code: 0, id: 17 },
      reply: { type: 0 },
      mark: 2,
      labels: [70],
    });
    expect(flows[3]).toEqual({
      family: 'ipv4',
      protocol: 'tcp',
      protonum: 6,
      original: { src: '192.0.2.1', dst: '198.51.100.2', sport: 45170, dport: 2379, packets: 80743, bytes: 5416239 },
      reply: { src: '198.51.100.2', dst: '192.0.2.1', sport: 2379, dport: 45170, packets: 63361, bytes: 4811261 },
      state: 'ESTABLISHED',
      timeout: 86397,
      mark: 33,
      zone: 65520,
      id: 462801621,
      key: expect.stringMatching(/^ct1\./),
      status: ['SEEN_REPLY', 'ASSURED', 'CONFIRMED', 'SRC_NAT_DONE', 'DST_NAT_DONE'],
      labels: [0, 33],
      start: '2020-07-24T05:07:01.591000000Z',
      protoinfo: {
        wscale: { original: 7, reply: 7 },
        flags: {
          original: ['WINDOW_SCALE', 'SACK_PERM', 'MAXACK_SET'],
          reply: ['WINDOW_SCALE', 'SACK_PERM', 'MAXACK_SET'],
        },
      },
    });
  });

  it('Open vSwitch’s other fields are read: the helper, the parent, IPv6, SCTP, states of both ends', async () => {
    const text = `tcp,orig=(src=2001:db8::1,dst=2001:db8::2,sport=1,dport=2),reply=(src=2001:db8::2,dst=2001:db8::1,sport=2,dport=1),protoinfo=(state_orig=FIN_WAIT_2,state_reply=CLOSE_WAIT),helper=ftp,parent=(src=2001:db8::1,dst=2001:db8::2,sport=3,dport=21)
sctp,orig=(src=192.0.2.1,dst=192.0.2.2,sport=1,dport=2),reply=(src=192.0.2.2,dst=192.0.2.1,sport=2,dport=1),protoinfo=(state=ESTABLISHED,vtag_orig=7,vtag_reply=8)
47,orig=(src=192.0.2.1,dst=192.0.2.2),reply=(src=192.0.2.2,dst=192.0.2.1)`;
    expect(await read(text)).toMatchObject([
      { family: 'ipv6', state: 'FIN_WAIT', helper: 'ftp', master: { src: '2001:db8::1', sport: 3, dport: 21 } },
      { state: 'ESTABLISHED', protoinfo: { vtag: { original: 7, reply: 8 } } },
      { protocol: 'gre' },
    ]);
    const line =
      'tcp,orig=(src=192.0.2.1,dst=192.0.2.2,sport=1,dport=2),reply=(src=192.0.2.2,dst=192.0.2.1,sport=2,dport=1)';
    for (const [wrong, column] of [
      [`${line},strange=1`, 108],
      [`${line},status=ASURED`, 115],
      [`${line},protoinfo=(state=OPEN)`, 125],
      [`${line},mark=x`, 113],
      [`${line},zone=1,zone=1`, 115],
      [line.replace('sport=1', 'sport=x'), 45],
    ] as const)
      expect(await errorOf(wrong), wrong).toMatchObject({ line: 1, column });
  });

  it('an event log is not a table, and the error says so', async () => {
    for (const name of ['event-log.txt', 'ts-events.txt', 'syslog-events.txt']) {
      const error = await errorOf(capture(name));
      expect([error.code, error.line], name).toEqual(['ENTRY_EXPECTED', 2]);
      expect(error.message).toContain('This is an event log (conntrack -E), not a table. Read it with captureEvents');
    }
    const xml = corpusFiles('recorded').find(([name]) => name === 'events-E-xml.xml')![1];
    expect((await errorOf(xml)).code).toBe('ENTRY_EXPECTED');
    const told: unknown[] = [];
    const tolerant = { mode: 'tolerant', onBadLine: (error: ParseError) => told.push(error) } as const;
    expect((await errorOf(capture('event-log.txt'), tolerant)).code).toBe('ENTRY_EXPECTED');
    expect(told).toEqual([]);
    const json = JSON.stringify({ type: 'destroy', flow: tcp });
    expect((await errorOf(json)).code).toBe('ENTRY_EXPECTED');
    expect(await errorOf('-D -s 192.0.2.1 -d 192.0.2.2 -r 192.0.2.2 -q 192.0.2.1 -p 50')).toMatchObject({
      code: 'ENTRY_EXPECTED',
      line: 1,
      text: expect.stringContaining('-D -s'),
    });
  });

  it('the events of a log are read with any known prefix', async () => {
    const types = async (name: string): Promise<string[]> =>
      (await flat(captureEvents([capture(name)]))).map(({ type }) => type);
    expect(await types('event-log.txt')).toEqual(['new', 'update', 'update', 'destroy']);
    expect(await types('ts-events.txt')).toEqual(['new', 'update', 'destroy']);
    expect(await types('syslog-events.txt')).toEqual(['new', 'destroy']);
    const mixed: CaptureRecord[] = await flat(captureRecords([`${TCP}\n    [NEW] ${UDP}\n`]));
    expect(mixed).toEqual([{ flow: tcp }, { flow: udp, type: 'new' }]);
    await expect(flat(captureEvents([TCP]))).rejects.toMatchObject({ code: 'TAG_EXPECTED' });
  });

  it('a word in the wrong column is a fault, and text before an entry is named', async () => {
    const errors: ParseError[] = [];
    const flows = await read(capture('columns-shifted.txt'), {
      mode: 'tolerant',
      onBadLine: error => errors.push(error),
    });
    expect(flows).toHaveLength(1);
    expect(errors.map(({ line, column, code }) => [line, column, code])).toEqual([
      [2, 12, 'PAIR_EXPECTED'],
      [3, 1, 'PROTOCOL_EXPECTED'],
      [4, 1, 'PROTOCOL_EXPECTED'],
    ]);
    expect(errors[1]!.hint).toContain('An entry seems to begin at column 7');
  });

  it('control characters of a capture are not printed', async () => {
    expect((await errorOf(capture('escape.txt'))).snippet).toBe('\u241b]0;owned\u2407bad\n^');
  });
});

describe('text around a line', () => {
  const around: [string, (line: string) => string][] = [
    ['indentation', line => `\t    ${line}  `],
    ['quotes of e-mails', line => `> > ${line}`],
    ['cat -n', line => `   853\t${line}`],
    ['grep -n', line => `12:${line}`],
    ['grep -Hn', line => `proc/capture-1.txt:12:${line}`],
    ['grep -H', line => `/proc/net/nf_conntrack:${line}`],
    ['a clock', line => `17:14:21.123 ${line}`],
    ['ts', line => `Nov  9 17:14:21 ${line}`],
    ['docker logs -t', line => `2026-11-29T18:40:01.123456789Z ${line}`],
    ['kubectl logs --prefix', line => `[pod/conntrack-x7z/main] 2026-11-29T18:40:01Z ${line}`],
    ['docker compose', line => `conntrack-1  | ${line}`],
    ['syslog', line => `Nov 29 18:40:01 gw conntrack[812]: ${line}`],
    ['syslog, RFC 5424', line => `<30>1 2026-11-29T18:40:01.123Z gw conntrack 812 - - ${line}`],
    ['journalctl -o short-iso', line => `2026-11-29T18:40:01+0100 gw conntrack[812]: ${line}`],
    ['dmesg', line => `[  812.123456] ${line}`],
    ['colours', line => `\x1b[1;32m${line.replace(' src=', ' \x1b[0msrc=')}\x1b[m\x1b[K`],
    ['spaces of a web page', line => line.replaceAll(' ', '\u00a0')],
    ['tabs between columns', line => line.replaceAll(' ', '\t')],
  ];

  it.each(around)('%s is removed, from entries and events', async (_name, dress) => {
    expect(await read(`${dress(TCP)}\n${dress(UDP)}\n`)).toEqual([tcp, udp]);
    expect(await flat(captureEvents([dress(`    [NEW] ${TCP}`)]))).toEqual([{ type: 'new', flow: tcp }]);
  });

  it.each(around)('%s: the fault has its place in the original line', async (_name, dress) => {
    const wrong = dress(TCP.replace('dport=22', 'dport=x'));
    const error = await errorOf(`${dress(UDP)}\n${wrong}\n`);
    expect([error.line, error.column, error.text]).toEqual([2, wrong.search(/dport.x/) + 7, wrong]);
  });

  it('a time in front of an event is read, even if its tab became a space', async () => {
    const [event] = await flat(captureEvents([`> [1795236172.289660]   [NEW] ${TCP}`]));
    expect(event).toEqual({ type: 'new', flow: tcp, time: '2026-11-21T04:42:52.289660000Z' });
  });

  it.each([
    'root@OpenWrt:/# cat /proc/net/nf_conntrack',
    '[root@gw ~]# conntrack -L -s 192.0.2.1 | grep dport=22',
    'user@gw:~$ sudo conntrack -L',
    '# conntrack -L',
    '$ ',
    'bash-5.1# conntrack -E',
    'Every 2.0s: conntrack -L                 gw: Sun Nov 29 18:40:01 2026',
    'conntrack v1.4.7 (conntrack-tools): 2 flow entries have been shown.',
    '> conntrack v1.4.7 (conntrack-tools): 2 flow entries have been shown.',
  ])('the line %j has no content', async line => {
    expect(await read(`${line}\n${TCP}\n${line}\n${UDP}\n${line}\n`)).toEqual([tcp, udp]);
  });

  it.each(['gw1 ', '12 ', 'abc% ', '2 ', 'x: y ', '!! '])(
    '%j in front of an entry is an unknown prefix',
    async prefix => {
      const error = await errorOf(`${TCP}\n${prefix}${UDP}`);
      expect([error.line, error.hint]).toEqual([2, expect.stringContaining(`at column ${prefix.length + 1}`)]);
    },
  );
});

describe('wrapped lines', () => {
  /** Wraps as a mail program does: at spaces, within the width. */
  const wrap = (line: string, width: number): string => line.replace(new RegExp(`(.{1,${width}})(?: |$)`, 'g'), '$1\n');

  it('wrapped lines are joined, whatever the width', async () => {
    for (let width = 60; width < 160; width++)
      expect(await read(wrap(TCP, width) + wrap(UDP, width)), String(width)).toEqual([tcp, udp]);
  });

  it('lines wrapped within a word are joined while the record is incomplete', async () => {
    const cut = (line: string, at: number): string => `${line.slice(0, at)}\n${line.slice(at)}`;
    const whole = TCP.lastIndexOf('dst=') + 'dst='.length;
    for (let at = TCP.indexOf('src='); at < whole; at++)
      expect(await read(`${cut(TCP, at)}\n${UDP}`), TCP.slice(at)).toEqual([tcp, udp]);
  });

  it('a line of another kind is not joined', async () => {
    for (const other of ['23', 'use=12x', 'hello', 'host=gw1', 'mark=0', 'src=192.0.2.1', '2001:db8::1'])
      expect((await errorOf(`${TCP}\n${other}\n${UDP}\n`)).line, other).toBe(2);
  });

  it('an incomplete record is a fault where it begins, or where it goes wrong', async () => {
    const half = TCP.slice(0, TCP.indexOf(' sport'));
    expect(await errorOf(`${UDP}\n${half}\n${UDP}\n`)).toMatchObject({ line: 2, code: 'TUPLE_EXPECTED', text: half });
    expect(await errorOf(`${UDP}\n${half}\n  sport=1 dport=x\n${UDP}`)).toMatchObject({
      line: 3,
      column: 17,
      text: '  sport=1 dport=x',
    });
    const errors: ParseError[] = [];
    const options = { mode: 'tolerant', onBadLine: (error: ParseError) => errors.push(error) } as const;
    expect(await read(`${half}\n\n${TCP}\n${half}\n${UDP}\n${half}`, options)).toEqual([tcp, udp]);
    expect(errors.map(({ line }) => line)).toEqual([1, 4, 6]);
  });
});

describe('files', () => {
  const text = `${TCP}\n${UDP}\n`;
  const utf16 = (order: 'le' | 'be', mark: string): Uint8Array => {
    const bytes = Buffer.from(mark + text, 'utf16le');
    return order === 'le' ? bytes : bytes.swap16();
  };

  it.each([
    ['gzip', gzipSync(text)],
    ['gzip of UTF-16', gzipSync(utf16('le', '\ufeff'))],
    ['UTF-16LE', utf16('le', '\ufeff')],
    ['UTF-16BE', utf16('be', '\ufeff')],
    ['UTF-16LE without a mark', utf16('le', '')],
    ['UTF-16BE without a mark', utf16('be', '')],
    ['UTF-8 with a mark', Buffer.from(`\ufeff${text}`)],
  ])('a file of type %s is read, whole or byte by byte', async (_name, bytes) => {
    expect(await read(bytes)).toEqual([tcp, udp]);
    expect(await flat(captureBatches([...bytes].map(byte => Uint8Array.of(byte))))).toEqual([tcp, udp]);
  });

  it.each([
    ['28b52ffd00000000', 'This is zstd'],
    ['fd377a585a000004', 'This is xz'],
    ['425a683931415926', 'This is bzip2'],
    ['504b030414000000', 'This is a zip archive'],
    ['d4c3b2a102000400', 'packet capture'],
    ['0a0d0d0a1c000000', 'packet capture'],
    ['7f454c4602010100', 'This is a binary file'],
  ])('a file of type %s is refused by name: %s', async (magic, hint) => {
    const error = await errorOf(Buffer.concat([Buffer.from(magic, 'hex'), Buffer.from(text)]));
    expect(error.message).toContain(hint);
    expect(error.snippet).toBe('\n^');
  });

  it('the error for a truncated or damaged file says so', async () => {
    const whole = gzipSync(text);
    const damaged = Buffer.from(whole);
    damaged[20]! ^= 0xff;
    for (const bytes of [whole.subarray(0, 60), damaged])
      expect((await errorOf(bytes)).message).toContain('The gzip data is truncated or damaged');
  });

  it('an error of the source is passed on, and the source is closed after an early end', async () => {
    const failure = new Error('no such file');
    let closed = false;
    async function* failing(): AsyncGenerator<Uint8Array> {
      yield gzipSync(text).subarray(0, 20);
      throw failure;
    }
    await expect(flat(captureBatches(failing()))).rejects.toBe(failure);
    async function* endless(): AsyncGenerator<string> {
      try {
        for (;;) yield text;
      } finally {
        closed = true;
      }
    }
    for await (const batch of captureBatches(endless())) if (batch.length > 0) break;
    expect(closed).toBe(true);
  });

  it('a capture without a readable line fails, even if bad lines are skipped', async () => {
    const error = await errorOf('hello\nworld\n', { mode: 'tolerant' });
    expect(error).toMatchObject({ code: 'NOTHING_READ', line: 1, hint: 'No line of this text could be read (2 bad)' });
    expect(await read('', { mode: 'tolerant' })).toEqual([]);
    expect(await read(`hello\n${TCP}\n`, { mode: 'tolerant' })).toEqual([tcp]);
  });

  it('a fault in JSON over many lines is placed where its flow begins', async () => {
    const wrong = JSON.stringify([tcp, { ...udp, timeout: -1 }, tcp], null, 2);
    const error = await errorOf(wrong);
    const begins = wrong.split('\n').flatMap((line, i) => (line === '  {' ? [i + 1] : []));
    expect(error.line).toBe(begins[1]);
  });

  it('a file of another kind is refused by name', async () => {
    for (const [other, hint] of [
      ['cpu=0   \tfound=1 invalid=2 ', 'counters of conntrack -S'],
      ['42', 'the number that conntrack -C prints'],
      ['300 proto=6 src=192.0.2.1 dst=192.0.2.2 sport=0 dport=1', 'These are expectations'],
    ] as const)
      expect((await errorOf(other)).hint, other).toContain(hint);
  });
});

describe('captures as they should be', () => {
  it.each(
    corpusFiles('recorded')
      .concat(corpusFiles('kept'))
      .filter(([name]) => !/expect|stats|count/.test(name)),
  )('%s: captures give the same flows or events as the other entry points', async (name, text) => {
    if (/events/.test(name)) expect(await flat(captureEvents([text]))).toEqual(parseEventText(text));
    else expect((await flat(captureRecords([text]))).map(({ flow }) => flow)).toEqual(parseText(text));
  });

  it('any flow is read, with a prefix on every line and with wrapped lines', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(conntrackFlow, { minLength: 1, maxLength: 4 }),
        fc.integer({ min: 60, max: 120 }),
        async (flows, width) => {
          const plain = flows.map(({ progname: _p, portid: _i, start: _s, stop: _t, ...flow }) =>
            formatFlow(flow, { format: 'conntrack', id: true, extended: true, labels: true }),
          );
          const expected = parseText(plain.join('\n'));
          const dressed = plain.map(line => line.replace(new RegExp(`(.{1,${width}})(?: |$)`, 'g'), '> $1\n')).join('');
          expect(await read(dressed)).toEqual(expected);
        },
      ),
      { numRuns: 60 },
    );
  });
});
