import { describe, expect, it } from 'vitest';
import { DOCTOR_CHECKS, diagnose } from '../../src/doctor/doctor.js';
import { ConntrackTable, MemorySource, type TableFacts } from '../../src/index.js';
import { failing, variedFlows } from '../flows.js';
import { kernelTable, noKernel } from '../namespace.js';

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
  counters: { drop: 0, earlyDrop: 0, insertFailed: 0, chainTooLong: 0 },
  looked: { rows: 100, labelled: 3, zoned: 2 },
};
const finding = (check: string, facts: Partial<TableFacts>) =>
  diagnose({ ...well, ...facts }).find(each => each.check === check);

describe('the doctor', () => {
  it('the doctor finds nothing if all is well', () => {
    expect(diagnose(well).map(({ check, status }) => `${check} ${status}`)).toEqual(
      DOCTOR_CHECKS.map(check => `${check} ok`),
    );
  });

  it.each<[string, string, Partial<TableFacts>, RegExp | undefined]>([
    ['tracking', 'note', { count: 0 }, /nft add rule/],
    ['fill', 'warn', { count: 900 }, /nf_conntrack_max=2000/],
    ['fill', 'ok', { max: 0 }, undefined],
    ['buckets', 'warn', { count: 9000, max: 100_000 }, /nf_conntrack_buckets=4000/],
    ['drops', 'warn', { counters: { drop: 3 } }, /nf_conntrack_max/],
    ['drops', 'unknown', { counters: {} }, undefined],
    ['evictions', 'warn', { counters: { earlyDrop: 3 } }, /nf_conntrack_max/],
    ['chains', 'warn', { counters: { chainTooLong: 3 } }, /buckets/],
    ['clashes', 'warn', { counters: { insertFailed: 3 } }, undefined],
    ['accounting', 'note', { accounting: 0 }, /nf_conntrack_acct=1/],
    ['timestamps', 'note', { timestamps: 0 }, /nf_conntrack_timestamp=1/],
    ['events', 'note', { eventsMode: 2 }, /nf_conntrack_events=1/],
    ['events', 'note', { eventsMode: 0 }, /nf_conntrack_events=1/],
    ['receiveBuffer', 'note', { rmemMax: 212_992 }, /rmem_max=32000000/],
    ['tcpLoose', 'note', { tcpLoose: 1 }, /tcp_loose=0/],
    ['labels', 'note', { looked: { rows: 5, labelled: 0, zoned: 0 } }, /ct label/],
    ['zones', 'note', { dump: new Set(['tuple', 'family', 'mark', 'status']) }, undefined],
    ['dumpFilter', 'note', { dump: new Set() }, undefined],
    ['faults', 'note', { faults: new Set(['port-ignored'] as const) }, /newer kernel/],
    ['faults', 'unknown', { proven: false }, undefined],
    ['flush', 'note', { flush: new Set(['mark']) }, undefined],
    ['flush', 'unknown', { proven: false, flush: new Set() }, /CAP_SYS_ADMIN/],
    ['nat', 'note', { nat: false }, /modprobe nf_nat/],
    ['protocols', 'note', { protocols: new Set([6, 17]) }, /module/],
  ])('the doctor checks %s: %s', (check, status, facts, fix) => {
    const found = finding(check, facts);
    expect(found?.status).toBe(status);
    if (fix) expect(found?.fix).toMatch(fix);
    if (status !== 'ok')
      expect(found).toMatchObject({ effect: expect.stringMatching(/.{9}/), fix: expect.stringMatching(/.{9}/) });
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
    const { rmemMax: _______, nat: ________, ...facts } = rest;
    const unknown = diagnose(facts).filter(({ status }) => status === 'unknown');
    for (const each of unknown) expect([each.effect, each.fix]).not.toContain(undefined);
    expect(unknown.map(({ check }) => check)).toEqual([
      'fill',
      'buckets',
      'accounting',
      'timestamps',
      'events',
      'receiveBuffer',
      'tcpLoose',
      'nat',
    ]);
  });

  it('the doctor distinguishes a setting that the kernel was built without from a hidden one', () => {
    const { timestamps: _, ...without } = well;
    const found = diagnose(without).find(({ check }) => check === 'timestamps');
    expect(found).toMatchObject({ status: 'note', found: 'this kernel was built without nf_conntrack_timestamp' });
    const { buckets: __, ...hidden } = without;
    expect(diagnose(hidden).find(({ check }) => check === 'timestamps')?.status).toBe('unknown');
  });

  it('the doctor supports only the kernel’s table', async () => {
    expect((await failing(new ConntrackTable(new MemorySource()).doctor())).code).toBe('UNSUPPORTED');
  });
});

describe.skipIf(noKernel)(`the doctor at the kernel's bed${noKernel ? ` (${noKernel})` : ''}`, () => {
  it('the doctor reads this namespace, and changes nothing', async () => {
    const { table, namespace, close } = await kernelTable();
    try {
      const status = async (check: string) =>
        (await table.doctor()).findings.find(each => each.check === check)?.status;
      expect(await status('tracking')).toBe('note');
      expect(await status('accounting')).toBe('note');
      namespace.sysctl('net.netfilter.nf_conntrack_acct', 1);
      expect(await status('accounting')).toBe('ok');
      for (const flow of variedFlows(50)) await table.create(flow);
      const { source, findings } = await table.doctor();
      expect(source.kind).toBe('kernel');
      expect(findings.map(({ check }) => check)).toEqual(DOCTOR_CHECKS);
      expect(findings.find(({ check }) => check === 'tracking')?.found).toContain('50');
      expect(findings.find(({ check }) => check === 'zones')?.found).toMatch(/^[1-9]\d* of 50/);
      expect(findings.find(({ check }) => check === 'flush')?.status).toMatch(/ok|note/);
      expect(await table.count()).toBe(50);
    } finally {
      close();
    }
  });
});
