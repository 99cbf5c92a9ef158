import type { Finding } from '@conntrack/flow/table';
import { describe, expect, it } from 'vitest';
import type { Examination } from '../../src/doctor/check.js';
import { DOCTOR_CHECKS, diagnose } from '../../src/doctor/doctor.js';
import type { Survey } from '../../src/doctor/survey.js';
import { ConntrackTable, MemorySource, type TableFacts } from '../../src/index.js';
import { failing } from '../flows.js';

const well: TableFacts = {
  count: 100,
  max: 1000,
  buckets: 1000,
  accounting: 1,
  timestamps: 1,
  eventsMode: 1,
  tcpLoose: 0,
  rmemMax: 67_108_864,
  nat: true,
  proven: true,
  dump: new Set(['tuple', 'family', 'mark', 'status', 'zone'] as const),
  flush: new Set(['family', 'zone', 'mark', 'status'] as const),
  protocols: new Set([1, 6, 17, 47, 58, 132, 136]),
  faults: new Set(),
  counters: { drop: 0, earlyDrop: 0, insertFailed: 0, chainTooLong: 0, invalid: 0 },
  flowtables: [{ family: 'inet', table: 'fw', name: 'fast', counter: true, hardware: false }],
};
const healthy: Survey = {
  rows: 100,
  labelled: 3,
  zoned: 2,
  unreplied: 0,
  offloaded: 0,
  helped: 0,
  sources: [],
  unanswered: [],
  unhelped: [],
  translated: [],
  busiest: undefined,
};
const sources = [{ values: { src: '10.0.0.5' }, filter: 'src=10.0.0.5', entries: 60 }];
const unanswered = (entries: number) => ({
  unreplied: entries,
  unanswered: [
    {
      values: { proto: 'udp', dst: '2001:db8::5', dport: 53 },
      filter: 'proto=udp&dst=2001:db8::5&dport=53&unreplied',
      entries,
    },
  ],
});
const ports = (entries: number) => ({
  busiest: {
    values: { proto: 'tcp', 'reply.dst': '203.0.113.1', 'reply.src': '198.51.100.1', 'reply.sport': 443 },
    filter: 'proto=tcp&reply.dst=203.0.113.1',
    entries,
  },
  translated: [
    {
      values: { proto: 'tcp', 'reply.dst': '203.0.113.1' },
      filter: 'proto=tcp&reply.dst=203.0.113.1',
      entries: 90_000,
      ports: 64_000,
    },
  ],
});
const examined = (facts: Partial<TableFacts>, survey: Partial<Survey> = {}, moved?: object): Examination => ({
  facts: { ...well, ...facts },
  survey: { ...healthy, ...survey },
  ...(moved && { movement: { seconds: 1, counters: moved } }),
});
const finding = (check: string, ...given: Parameters<typeof examined>): Finding | undefined =>
  diagnose(examined(...given)).find(each => each.check === check);

describe('the doctor', () => {
  it('the doctor finds nothing if all is well', () => {
    expect(diagnose(examined({})).map(({ check, status }) => `${check} ${status}`)).toEqual(
      DOCTOR_CHECKS.map(check => `${check} ok`),
    );
  });

  it.each<[string, string, Parameters<typeof examined>, RegExp | undefined]>([
    ['tracking', 'note', [{ count: 0 }], /nft add rule/],
    ['fill', 'warn', [{ count: 900 }, { sources, unreplied: 40 }], /ctctl list src=10.0.0.5.*nf_conntrack_max=2000/],
    ['fill', 'loss', [{ count: 990 }, { sources }], /nf_conntrack_max=2000/],
    ['fill', 'ok', [{ max: 0 }], undefined],
    ['buckets', 'warn', [{ count: 9000, max: 100_000 }], /nf_conntrack_buckets=4000/],
    ['hashSize', 'ok', [{ max: 8000 }], undefined],
    ['hashSize', 'note', [{ max: 8200 }], /nf_conntrack_buckets=4096/],
    ['drops', 'warn', [{ counters: { drop: 3 } }], /nf_conntrack_max/],
    ['drops', 'warn', [{ counters: { drop: 3 } }, {}, { drop: 0 }], /nf_conntrack_max/],
    ['drops', 'loss', [{ counters: { drop: 3 } }, {}, { drop: 2 }], /nf_conntrack_max/],
    ['drops', 'unknown', [{ counters: {} }], undefined],
    ['evictions', 'warn', [{ counters: { earlyDrop: 3 } }], /nf_conntrack_max/],
    ['evictions', 'loss', [{ counters: { earlyDrop: 3 } }, {}, { earlyDrop: 1 }], /nf_conntrack_max/],
    ['chains', 'warn', [{ counters: { chainTooLong: 3 } }], /buckets/],
    ['clashes', 'warn', [{ counters: { insertFailed: 3 } }], /single-request-reopen/],
    ['clashes', 'loss', [{ counters: { insertFailed: 3 } }, {}, { insertFailed: 1 }], /fully-random/],
    ['invalid', 'ok', [{ counters: { invalid: 3 } }], undefined],
    ['invalid', 'warn', [{ counters: { invalid: 3 } }, {}, { invalid: 1 }], /log_invalid/],
    ['unanswered', 'ok', [{}, unanswered(9)], undefined],
    ['unanswered', 'note', [{}, unanswered(10)], /^ctctl delete proto=udp dst=2001:db8::5 dport=53 unreplied$/],
    ['unanswered', 'warn', [{}, unanswered(30)], /^ctctl delete/],
    ['unanswered', 'warn', [{}, { ...unanswered(700), rows: 100_000 }], /unreplied --max-affected 1400$/],
    ['snatPorts', 'ok', [{}, ports(40_000)], undefined],
    ['snatPorts', 'warn', [{}, ports(50_000)], /snat to/],
    ['snatPorts', 'loss', [{}, ports(64_000)], /ctctl top --by src proto=tcp reply.dst=203.0.113.1/],
    [
      'helpers',
      'note',
      [{}, { unhelped: [{ values: { proto: 'tcp', dport: 21 }, filter: 'x', entries: 2 }] }],
      /ct helper/,
    ],
    ['flowtables', 'unknown', [{ flowtables: undefined } as never], /CAP_NET_ADMIN/],
    ['flowtables', 'note', [{ flowtables: [{ ...well.flowtables![0]!, counter: false }] }], /counter;/],
    ['accounting', 'note', [{ accounting: 0 }], /nf_conntrack_acct=1/],
    ['timestamps', 'note', [{ timestamps: 0 }], /nf_conntrack_timestamp=1/],
    ['events', 'note', [{ eventsMode: 2 }], /nf_conntrack_events=1/],
    ['events', 'note', [{ eventsMode: 0 }], /nf_conntrack_events=1/],
    ['receiveBuffer', 'note', [{ rmemMax: 212_992 }], /rmem_max=32000000/],
    ['tcpLoose', 'note', [{ tcpLoose: 1 }], /tcp_loose=0/],
    ['labels', 'ok', [{}, { labelled: 0 }], undefined],
    ['zones', 'note', [{ dump: new Set(['tuple', 'family', 'mark', 'status']) }], undefined],
    ['dumpFilter', 'note', [{ dump: new Set() }], undefined],
    ['faults', 'note', [{ faults: new Set(['port-ignored'] as const) }], /newer kernel/],
    ['faults', 'unknown', [{ proven: false }], undefined],
    ['flush', 'note', [{ flush: new Set(['mark']) }], undefined],
    ['flush', 'unknown', [{ proven: false, flush: new Set() }], /CAP_SYS_ADMIN/],
    ['nat', 'note', [{ nat: false }], /modprobe nf_nat/],
    ['protocols', 'note', [{ protocols: new Set([6, 17]) }], /module/],
  ])('the doctor checks %s: %s', (check, status, given, fix) => {
    const found = finding(check, ...given);
    expect(found?.status).toBe(status);
    if (fix) expect(found?.fix).toMatch(fix);
    if (status !== 'ok')
      expect(found).toMatchObject({ effect: expect.stringMatching(/.{9}/), fix: expect.stringMatching(/.{9}/) });
  });

  it('a full table is reported with its largest sources and the share of unreplied entries', () => {
    const found = finding('fill', { count: 900 }, { sources, unreplied: 40 });
    expect(found?.found).toBe('900 of 1000 entries (90 %). 40 % are unreplied. Largest sources: 10.0.0.5 (60 %)');
    expect(found).toMatchObject({ groups: sources, numbers: { count: 900, max: 1000, unreplied: 40, rows: 100 } });
  });

  it('the most serious findings come first', () => {
    const statuses = diagnose(
      examined({ count: 990, accounting: 0, proven: false, counters: { ...well.counters, drop: 3 } }),
    ).map(({ status }) => status);
    expect(statuses.slice(0, 3)).toEqual(['loss', 'warn', 'note']);
    expect(statuses).toEqual(
      (['loss', 'warn', 'note', 'unknown', 'ok'] as const).flatMap(each => statuses.filter(status => status === each)),
    );
  });

  it('the doctor reports what it could not read', () => {
    const {
      max: _,
      buckets: __,
      accounting: ___,
      timestamps: ____,
      eventsMode: _____,
      tcpLoose: ______,
      ...rest
    } = well;
    const { rmemMax: _______, nat: ________, flowtables: _________, ...facts } = rest;
    const unknown = diagnose({ facts, survey: healthy }).filter(({ status }) => status === 'unknown');
    for (const each of unknown) expect([each.effect, each.fix]).not.toContain(undefined);
    expect(unknown.map(({ check }) => check)).toEqual([
      ...['fill', 'buckets', 'hashSize', 'flowtables', 'accounting', 'timestamps', 'events', 'receiveBuffer'],
      ...['tcpLoose', 'nat'],
    ]);
  });

  it('the doctor distinguishes a setting that the kernel was built without from a hidden one', () => {
    const { timestamps: _, ...without } = well;
    const found = (facts: TableFacts) =>
      diagnose({ facts, survey: healthy }).find(({ check }) => check === 'timestamps');
    expect(found(without)).toMatchObject({
      status: 'note',
      found: 'this kernel was built without nf_conntrack_timestamp',
    });
    const { buckets: __, ...hidden } = without;
    expect(found(hidden)?.status).toBe('unknown');
  });

  it('the doctor supports only the kernel’s table', async () => {
    expect((await failing(new ConntrackTable(new MemorySource()).doctor())).code).toBe('UNSUPPORTED');
  });
});
