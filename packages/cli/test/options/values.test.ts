import { describe, expect, it } from 'vitest';
import { address, natTarget } from '../../src/options/values/addresses.js';
import { labelBits } from '../../src/options/values/labels.js';
import { familyName, protocolNumber, stateFor, statusList } from '../../src/options/values/names.js';
import { integer, integer16, maskedMark, seconds } from '../../src/options/values/numbers.js';
import { UsageError } from '../../src/process/usage-error.js';

describe('numbers', () => {
  it.each([
    ['0', 0],
    ['65535', 65535],
    ['0x1f', 31],
  ])('the number %s is %d', (text, value) => expect(integer16(text, '--x')).toBe(value));

  it.each(['', ' 1', '-1', '1.5', '65536', '0x', '0x10000', '1e3', 'http', '１'])('%j is rejected as a number', text =>
    expect(() => integer16(text, '--x')).toThrow(UsageError),
  );

  it('the error for an invalid number names the option and the range', () =>
    expect(() => integer('256', '--icmp-type', 255)).toThrow("--icmp-type: must be a number from 0 to 255, got '256'"));

  it('a mark can have a mask', () => {
    expect(maskedMark('0x10/0xff', '--mark')).toEqual({ mark: 16, mask: 255 });
    expect(maskedMark('4294967295', '--mark')).toEqual({ mark: 0xffffffff });
    for (const bad of ['4294967296', '1/', '/1', '1/2/3']) expect(() => maskedMark(bad, '--mark')).toThrow(UsageError);
  });

  it('a time can have a unit', () => {
    expect(['30', '90s', '5m', '12h', '2d'].map(text => seconds(text, '-t'))).toEqual([30, 90, 300, 43_200, 172_800]);
    for (const bad of ['', '5 m', '1w', '-3', '1.5h', '50000d']) expect(() => seconds(bad, '-t')).toThrow(UsageError);
  });
});

describe('names', () => {
  it('a protocol can be a name or a number', () => {
    expect(['tcp', 'UDP', '47', 'ipv6-icmp'].map(protocolNumber)).toEqual([6, 17, 47, 58]);
    for (const bad of ['tpc', '256', '']) expect(() => protocolNumber(bad)).toThrow(UsageError);
  });

  it('a status bit can be in upper or lower case', () => {
    expect(statusList('assured,Seen_Reply')).toEqual(['ASSURED', 'SEEN_REPLY']);
    expect(() => statusList('ASSURED,')).toThrow(UsageError);
  });

  it('a state must be one of the protocol', () => {
    expect(stateFor(6, 'established')).toBe('ESTABLISHED');
    expect(() => stateFor(6, 'COOKIE_WAIT')).toThrow('SYN_SENT');
    expect(() => stateFor(17, 'ESTABLISHED')).toThrow('has no states');
  });

  it('a family can be a name or a number', () => {
    expect([familyName('ipv4'), familyName('IPv6'), familyName('6')]).toEqual(['ipv4', 'ipv6', 'ipv6']);
    expect(() => familyName('inet')).toThrow(UsageError);
  });
});

describe('addresses', () => {
  it('an address is printed in canonical spelling', () => {
    expect(address('2001:DB8:0:0::1', '-s')).toEqual({ text: '2001:db8::1', family: 'ipv6' });
    for (const bad of ['10.0.0', '10.0.0.0/8', 'host', '']) expect(() => address(bad, '-s')).toThrow(UsageError);
  });

  it.each([
    ['192.0.2.1', { address: '192.0.2.1' }],
    ['192.0.2.1:80', { address: '192.0.2.1', port: 80 }],
    ['2001:db8::1', { address: '2001:db8::1' }],
    ['[2001:db8::1]', { address: '2001:db8::1' }],
    ['[2001:db8::1]:443', { address: '2001:db8::1', port: 443 }],
  ])('%s is parsed as a NAT target', (text, range) => expect(natTarget(text, '-n').range).toEqual(range));

  it.each(['192.0.2.1:', '192.0.2.1:70000', '[192.0.2.1', '[2001:db8::1]443', ':80', '1.2.3.4:5:6'])(
    '%s is rejected as an address',
    text => expect(() => natTarget(text, '-n')).toThrow(UsageError),
  );
});

describe('labels', () => {
  it('labels can be bit numbers', async () => {
    expect(await labelBits('0,127', '--labels')).toEqual([0, 127]);
    expect(await labelBits('', '--labels')).toEqual([]);
    await expect(labelBits('128', '--labels')).rejects.toThrow(UsageError);
    await expect(labelBits('no such label', '--labels')).rejects.toThrow(UsageError);
  });
});
