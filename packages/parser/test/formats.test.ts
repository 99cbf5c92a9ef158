import type { Flow } from '@conntrack/flow';
import { LabelMap } from '@conntrack/flow';
import { describe, expect, it } from 'vitest';
import { parseEventText, parseLine, parseText } from '../src/all.js';
import { formatExpectation, parseExpectationText } from '../src/expectations.js';
import { detectFormat, formatCtime, formatFlow, parseCtime } from '../src/format.js';
import { parseCount, parseProcStats, parseStats } from '../src/stats.js';
import { corpusFiles } from './corpus.js';

const file = new Map([...corpusFiles('recorded'), ...corpusFiles('kept')]);

describe('what a flow of text looks like', () => {
  it('a flow from text has the status that the line shows, its zones, and protocols as numbers', () => {
    expect(
      parseLine(
        'unknown  50 999 src=1.1.1.1 dst=2.2.2.2 [UNREPLIED] src=2.2.2.2 dst=1.1.1.1 zone-reply=8 mark=7 zone=5 use=1 id=77',
      ),
    ).toEqual({
      family: 'ipv4',
      protocol: 'esp',
      protonum: 50,
      original: { src: '1.1.1.1', dst: '2.2.2.2' },
      reply: { src: '2.2.2.2', dst: '1.1.1.1', zone: 8 },
      status: [],
      timeout: 999,
      mark: 7,
      use: 1,
      zone: 5,
      id: 77,
      key: expect.stringMatching(/^ct1\./),
    });
  });

  it('a flow from text has addresses as inet_ntop writes them, whatever the file prints', () => {
    const [flow] = parseText(file.get('linux-2.6-nf_conntrack-secmark.txt')!).slice(-1);
    expect(flow?.original.src).toBe('2001:db8::ff00:42:8329');
  });

  it('pairs of old kernels are kept in order, with their places', () => {
    const flows = parseText(file.get('router-l7proto.txt')!);
    expect(flows[0]?.extra).toEqual([{ text: 'l7proto=ssl', after: '[ASSURED]' }]);
    expect(flows[2]?.extra).toEqual([
      { text: 'rate=1204', after: 'use' },
      { text: 'helper_rate=0', after: 'use' },
    ]);
    const gre = parseText(file.get('counted-proc.txt')!).find(flow => flow.protonum === 47);
    expect(gre?.extra).toEqual([
      { text: 'timeout=0,', after: 'timeout' },
      { text: 'stream_timeout=0', after: 'timeout' },
    ]);
  });

  it('offload, secmark, secctx and delta-time are read', () => {
    expect(parseText(file.get('offload-L.txt')!)[0]).toMatchObject({ status: ['SEEN_REPLY', 'OFFLOAD'], mark: 0 });
    expect(parseText(file.get('offload-L.txt')!)[0]).not.toHaveProperty('timeout');
    expect(parseText(file.get('linux-2.6-ip_conntrack-secmark.txt')!)[0]).toMatchObject({ secmark: 0 });
    expect(parseText(file.get('linux-3.x-nf_conntrack.txt')!)[0]).toMatchObject({
      secctx: 'system_u:object_r:unlabeled_t:s0',
      deltaTime: 31,
      zone: 0,
    });
  });

  it('a negative delta-time is read as a number, and conntrack(8)’s overflowed one stays text', () => {
    const line = (delta: string): string =>
      `udp      17 119 src=192.0.2.79 dst=198.51.100.77 sport=1 dport=3 [UNREPLIED] src=198.51.100.77 dst=192.0.2.79 sport=3 dport=1 mark=0 delta-time=${delta} use=2`;
    expect(parseLine(line('-1'))).toMatchObject({ deltaTime: -1, mark: 0, use: 2 });
    const wrapped = parseLine(line('18446744073709551516'));
    expect(wrapped).not.toHaveProperty('deltaTime');
    for (const delta of ['-1', '-31', '18446744073709551516'])
      expect(formatFlow(parseLine(line(delta)), { format: 'conntrack' })).toBe(line(delta));
    for (const wrong of ['-', '-0', '-x', '--1', '-01'])
      expect(() => parseLine(line(wrong))).toThrow('expected a number');
    expect(() => parseLine(line('1').replace('mark=0', 'mark=-1'))).toThrow('expected a number');
    const [ndjson] = parseText(JSON.stringify(parseLine(line('-1'))));
    expect(ndjson).toMatchObject({ deltaTime: -1 });
  });

  it('a flow of an event has the program that caused it', () => {
    const events = parseEventText(file.get('events-E-timestamp.txt')!);
    expect(events.find(event => event.flow.progname === 'conntrack')).toMatchObject({
      type: 'new',
      time: expect.stringMatching(/^2026-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}000Z$/),
      flow: { portid: expect.any(Number) },
    });
  });

  it('address translation is read from -o save', () => {
    const flow = parseText(file.get('counted-L-save.txt')!).find(one => one.original.src === '10.0.0.5');
    expect(flow).toMatchObject({
      reply: { src: '7.7.7.7', dst: '5.5.5.5' },
      status: ['SRC_NAT', 'DST_NAT', 'SRC_NAT_DONE', 'DST_NAT_DONE'],
    });
  });

  it('SCTP’s states in XML are mapped back from TCP’s names, except in marked elements', () => {
    const text = file.get('counted-L-xml.xml')!;
    const sctp = parseText(text).filter(flow => flow.protonum === 132);
    expect(sctp.map(flow => flow.state)).toEqual(expect.arrayContaining(['ESTABLISHED', 'SHUTDOWN_SENT']));
    for (const flow of sctp)
      for (const options of [{ xmlStates: 'own' }, { xmlStates: 'tcp' }, { whole: true }] as const)
        expect(parseLine(formatFlow(flow, { format: 'xml', ...options })).state).toBe(flow.state);
    const own = formatFlow(sctp[0]!, { format: 'xml', xmlStates: 'own' });
    expect(own).toContain(`states="own"><state>${sctp[0]!.state}</state>`);
  });

  it('a hexadecimal mark and a security context with spaces are read', () => {
    const tuple = 'src=1.1.1.1 dst=2.2.2.2 sport=1 dport=2';
    expect(
      parseLine(
        `tcp 6 9 CLOSE ${tuple} ${tuple} mark=0x100 secmark=0x3EA secctx=docker-default (enforce) zone=0 use=1`,
      ),
    ).toMatchObject({ mark: 256, secmark: 1002, secctx: 'docker-default (enforce)', zone: 0, use: 1 });
  });

  it('columns may be separated by any number of spaces', () => {
    const tuple = 'src=1.1.1.1 dst=2.2.2.2 sport=1 dport=2';
    const flow = parseLine(`ipv4     2 tcp      6 9 CLOSE ${tuple} ${tuple} [ASSURED] mark=0 use=1`);
    expect(parseLine(`ipv4 2  tcp 6   9   CLOSE   ${tuple}  ${tuple}   [ASSURED]  mark=0  use=1`)).toEqual(flow);
  });

  it('states may have old names, or a number if they have no name', () => {
    const tuple = 'src=1.1.1.1 dst=2.2.2.2 sport=1 dport=2';
    expect(parseLine(`tcp 6 9 LISTEN ${tuple} ${tuple}`).state).toBe('LISTEN');
    const flow = parseLine(`tcp 6 9 11 ${tuple} ${tuple}`);
    expect(flow).toMatchObject({ timeout: 9, state: '11' });
    expect(parseLine(formatFlow(flow, { format: 'conntrack' }))).toEqual(flow);
  });

  it('the options of a tuple in -o save may be in any order', () => {
    const flow = parseLine('-A -p tcp --sport 1 --dport 2 -d 2.2.2.2 -s 1.1.1.1 -q 1.1.1.1 -r 2.2.2.2');
    expect(flow.original).toEqual({ src: '1.1.1.1', dst: '2.2.2.2', sport: 1, dport: 2 });
    expect(flow.extra).toBeUndefined();
  });

  it('unknown XML elements are kept', () => {
    const [line] = file.get('counted-L-xml.xml')!.split('\n').slice(2, 3) as [string];
    const newer = line.replace('</meta></flow>', '<novelty>1</novelty></meta></flow>');
    expect(formatFlow(parseLine(newer), { format: 'xml' })).toBe(newer);
  });
});

describe('writing what did not come from text', () => {
  const flow: Flow = {
    family: 'ipv6',
    protocol: 'tcp',
    protonum: 6,
    original: { src: '2001:db8::1', dst: '::ffff:1.2.3.4', sport: 1, dport: 2 },
    reply: { src: '::ffff:1.2.3.4', dst: '2001:db8::1', sport: 2, dport: 1 },
    state: 'ESTABLISHED',
    status: ['SEEN_REPLY', 'ASSURED', 'CONFIRMED'],
    timeout: 10,
    mark: 0,
    use: 1,
    id: 5,
    labels: [0, 3, 9],
    start: '2026-11-21T04:17:25.900000000Z',
  };

  it('a flow is written as the options request', () => {
    const plain =
      'tcp      6 10 ESTABLISHED src=2001:db8::1 dst=::ffff:1.2.3.4 sport=1 dport=2 src=::ffff:1.2.3.4 dst=2001:db8::1 sport=2 dport=1 [ASSURED] mark=0';
    expect(formatFlow(flow, { format: 'conntrack' })).toBe(`${plain} use=1`);
    const map = new LabelMap('0 zero\n3 three\n');
    expect(formatFlow(flow, { format: 'conntrack', extended: true, id: true, labels: map })).toBe(
      `ipv6     10 ${plain} use=1 id=5 labels=zero,three`,
    );
    expect(formatFlow({ ...flow, labels: [9] }, { format: 'conntrack', labels: map })).toBe(`${plain} use=1 labels`);
    expect(
      formatFlow(flow, { format: 'conntrack', ktimestamp: true, timeZone: 60, now: Date.UTC(2026, 10, 21, 4, 17, 27) }),
    ).toBe(`${plain} delta-time=2 [start=Sat Nov 21 05:17:25 2026] use=1`);
    // A flow that began after `now`: slow readers of a list meet such flows.
    for (const format of ['conntrack', 'xml'] as const)
      expect(formatFlow(flow, { format, now: Date.UTC(2026, 10, 21, 4, 17, 20) })).toMatch(/delta-?time[=>]0[ <]/);
    expect(formatFlow(flow, { format: 'proc' })).toContain('dst=0000:0000:0000:0000:0000:ffff:0102:0304 sport=1');
  });

  it('DCCP’s ports are written as conntrack(8) does if the kernel gave none, and as the kernel does', () => {
    const dccp: Flow = {
      ...flow,
      family: 'ipv4',
      protonum: 33,
      protocol: 'dccp',
      original: { src: '1.1.1.1', dst: '2.2.2.2' },
      reply: { src: '2.2.2.2', dst: '1.1.1.1' },
    };
    expect(formatFlow(dccp, { format: 'conntrack' })).toContain(
      'dccp     33 10 ESTABLISHED src=1.1.1.1 dst=2.2.2.2 sport=0 dport=0 src=',
    );
    expect(formatFlow(dccp, { format: 'proc' })).toContain('unknown  33 10 ESTABLISHED src=1.1.1.1 dst=2.2.2.2 src=');
  });
});

describe('detectFormat', () => {
  it.each([
    ['counted-proc.txt', { format: 'proc', events: false }],
    ['counted-L.txt', { format: 'conntrack', extended: false, id: false, events: false }],
    ['counted-L-extended,id.txt', { format: 'conntrack', extended: true, id: true }],
    ['events-E-id,timestamp,labels.txt', { format: 'conntrack', id: true, timestamp: true, events: true }],
    ['events-E.txt', { format: 'conntrack', id: false, timestamp: false, events: true }],
    ['events-E-save.txt', { format: 'save', events: true }],
    ['counted-L-save.txt', { format: 'save', events: false }],
    ['counted-L-xml.xml', { format: 'xml', events: false }],
    ['events-E-xml.xml', { format: 'xml', events: true }],
    ['expectations-L.txt', { format: 'expectations' }],
    ['expectation-events-E.txt', { format: 'expectations', events: true }],
    ['expectations-proc.txt', { format: 'proc_expectations' }],
    ['stats-S.txt', { format: 'stats' }],
    ['stats-proc.txt', { format: 'proc_stats' }],
    ['count-C.txt', { format: 'count' }],
    ['linux-2.4-ip_conntrack.txt', { format: 'ip_conntrack' }],
    ['seed-compact-proc.txt', { format: 'proc', compact: true }],
  ])('the detected format is %s', (name, expected) => {
    expect(detectFormat(file.get(name)!)).toMatchObject(expected);
  });

  it.each(['', 'hello', 'src=1.1.1.1', '[NEW]', '-L', '{'.repeat(0), 'GET / HTTP/1.1'])(
    'no format is detected for %j',
    text => {
      expect(detectFormat(text)).toBeUndefined();
    },
  );

  it('messages of conntrack(8) on stderr are skipped when detecting the format', () => {
    expect(
      detectFormat(`conntrack v1.4.7 (conntrack-tools): 2 flow entries have been shown.\n${file.get('counted-L.txt')}`)
        ?.format,
    ).toBe('conntrack');
  });
});

describe('local times', () => {
  it('local times are those of the given zone', () => {
    const text = 'Sat Nov 21 04:17:25 2026';
    expect(parseCtime(text, 0)).toBe(Date.UTC(2026, 10, 21, 4, 17, 25));
    expect(parseCtime(text, 540)).toBe(Date.UTC(2026, 10, 20, 19, 17, 25));
    expect(formatCtime(parseCtime(text, 'local'), 'local')).toBe(text);
    expect(formatCtime(Date.UTC(2026, 0, 5), 0)).toBe('Mon Jan  5 00:00:00 2026');
  });

  it.each([
    'Sun Nov 21 04:17:25 2026',
    'Sat Nov 31 04:17:25 2026',
    'Sat Nov 21 24:17:25 2026',
    'Sat Nov 21 4:17:25 2026',
    'Sat Nix 21 04:17:25 2026',
  ])('%s is not a local time', text => {
    expect(parseCtime(text, 0)).toBeNaN();
  });

  it('a local time that does not exist stays text', () => {
    const line =
      'tcp      6 src=1.1.1.1 dst=2.2.2.2 sport=1 dport=2 src=2.2.2.2 dst=1.1.1.1 sport=2 dport=1 [start=Sun Nov 21 04:17:25 2026] use=1';
    const flow = parseLine(line, { timeZone: 0 });
    expect(flow.start).toBeUndefined();
    expect(formatFlow(flow, { format: 'conntrack', ktimestamp: true })).toBe(line);
  });
});

describe('statistics and expectations', () => {
  it('counters of each CPU are read', () => {
    expect(parseStats(file.get('seed-stats-S.txt')!)[0]).toEqual({
      cpu: 0,
      counters: expect.objectContaining({ found: 1, invalid: 87, clash_resolve: 1, chaintoolong: 0 }),
    });
    expect(parseProcStats(file.get('linux-4.x-stats-proc.txt')!)[1]).toEqual({
      cpu: 1,
      counters: expect.objectContaining({ entries: 0x105, invalid: 0xa01, search_restart: 0x1a0 }),
    });
    expect(parseCount('42\n')).toBe(42);
    for (const read of [parseStats, parseProcStats, parseCount]) expect(() => read('nonsense')).toThrow(/expected/);
  });

  it('expectations of the kernel’s file are read and written back', () => {
    const expectations = parseExpectationText(file.get('expectations-proc.txt')!);
    const [one] = expectations;
    expect(one).toMatchObject({ family: 'ipv4', protocol: expect.any(String), helper: expect.any(String) });
    expect(one).not.toHaveProperty('mask');
    expect(formatExpectation(one!, { format: 'proc_expectations' })).toContain('l3proto = 2 ');
  });

  it.each(['expectations', 'proc_expectations', 'xml', 'ndjson'] as const)(
    'no control character of an expectation is written as %s',
    format => {
      const [one] = parseExpectationText(file.get('expectations-proc.txt')!);
      const hostile = 'a\u001b[31m\u007f\u009bb\n';
      const extra = [
        { after: 'timeout', text: hostile },
        { after: 'nowhere', text: hostile },
      ];
      const text = formatExpectation({ ...one!, helper: hostile, fn: hostile, extra }, { format });
      expect(text).toMatch(/a\\(x|u00)1b\[31m/);
      expect(text).not.toMatch(/\p{Cc}/u);
    },
  );
});
