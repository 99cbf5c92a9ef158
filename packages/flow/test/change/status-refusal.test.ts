import { expect, test } from 'vitest';
import { newStatusRefusal, statusRefusal } from '../../src/change/status-refusal.js';
import { type NewFlow, STATUS, type StatusName } from '../../src/index.js';

const instead = (what: string): string =>
  `: only the kernel sets it. Instead, give \`${what}\` when the entry is created`;
const KERNELS: readonly [StatusName, string][] = [
  ['SRC_NAT', instead('nat')],
  ['DST_NAT', instead('nat')],
  ['SRC_NAT_DONE', instead('nat')],
  ['DST_NAT_DONE', instead('nat')],
  ['SEQ_ADJUST', instead('seqadj')],
  ['HELPER', instead('helper')],
  ['TEMPLATE', ': only the kernel sets it'],
  ['NAT_CLASH', ': only the kernel sets it'],
  ['OFFLOAD', ': only the kernel sets it'],
  ['HW_OFFLOAD', ': only the kernel sets it'],
];

test.each(KERNELS)('%s cannot be set, except if the entry has it', (name, why) => {
  expect(statusRefusal(['ASSURED', name], 0)).toBe(`status ${name} cannot be set${why}`);
  expect(statusRefusal([name.toLowerCase() as StatusName], 0)).toBe(`status ${name} cannot be set${why}`);
  expect(statusRefusal([name], STATUS[name as keyof typeof STATUS])).toBeUndefined();
});

test('a status bit without a name cannot be set, except if the entry has it', () => {
  expect(statusRefusal(['BIT_20' as StatusName], 0)).toBe('status BIT_20 cannot be set: only the kernel sets it');
  expect(statusRefusal(['BIT_20' as StatusName], 1 << 20)).toBeUndefined();
  expect(statusRefusal(['BIT_31' as StatusName], 2 ** 31)).toBeUndefined();
});

test('status bits that a request may set are allowed', () => {
  expect(statusRefusal([], 0)).toBeUndefined();
  expect(statusRefusal(['ASSURED', 'SEEN_REPLY', 'FIXED_TIMEOUT', 'EXPECTED', 'DYING'], 0)).toBeUndefined();
});

const tuple = { src: '192.0.2.1', dst: '192.0.2.2', sport: 1, dport: 2 };
const address = { address: '192.0.2.3' };
const IMPLIED: readonly [what: string, more: Partial<NewFlow>, bits: StatusName[], not: StatusName[]][] = [
  ['nothing', {}, ['CONFIRMED', 'ASSURED'], ['SRC_NAT', 'DST_NAT', 'SRC_NAT_DONE', 'SEQ_ADJUST', 'HELPER']],
  ['nat of the source', { nat: { src: address } }, ['SRC_NAT', 'SRC_NAT_DONE', 'DST_NAT_DONE'], ['DST_NAT']],
  ['nat of the destination', { nat: { dst: address } }, ['DST_NAT', 'SRC_NAT_DONE', 'DST_NAT_DONE'], ['SRC_NAT']],
  ['nat of neither', { nat: {} }, [], ['SRC_NAT', 'DST_NAT', 'SRC_NAT_DONE', 'DST_NAT_DONE']],
  ['a sequence adjustment', { seqadj: {} }, ['SEQ_ADJUST'], ['HELPER']],
  ['a helper', { helper: 'ftp' }, ['HELPER'], ['SEQ_ADJUST', 'OFFLOAD']],
  ['a master', { master: tuple }, ['EXPECTED'], ['HELPER']],
];
test.each(IMPLIED)(
  'a new flow with %s may have the status bits that follow from it, and no others',
  (_, more, bits, not) => {
    const flow: NewFlow = { family: 'ipv4', protonum: 6, original: tuple, timeout: 1, ...more };
    expect(newStatusRefusal(flow)).toBeUndefined();
    expect(newStatusRefusal({ ...flow, status: bits })).toBeUndefined();
    for (const bit of not)
      expect(newStatusRefusal({ ...flow, status: [bit] })).toContain(`status ${bit} cannot be set`);
  },
);
