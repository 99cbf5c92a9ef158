import { describe, expect, it } from 'vitest';
import { addressTest } from '../../src/compile/address-set.js';
import { type AddressClass, findField } from '../../src/index.js';
import { ADDRESS_CLASSES, findClass } from '../../src/language/address-classes.js';
import { formatNumber, parseTime, unitsOf } from '../../src/language/numbers.js';
import { SERVICES, servicePort } from '../../src/language/services.js';
import { addressCursor } from '../compile/flows.js';

describe('a class of addresses', () => {
  /** The first and the last address of every range of the class, and the addresses just outside. */
  const EDGES: Readonly<Record<AddressClass, readonly [inside: string, outside: string]>> = {
    private: [
      '10.0.0.0 10.255.255.255 172.16.0.0 172.31.255.255 192.168.0.0 192.168.255.255 fc00:: fdff:ffff:ffff:ffff::',
      '9.255.255.255 11.0.0.0 172.15.255.255 172.32.0.0 192.167.255.255 192.169.0.0 fbff:ffff:: fe00::',
    ],
    loopback: ['127.0.0.0 127.255.255.255 ::1', '126.255.255.255 128.0.0.0 :: ::2'],
    'link-local': [
      '169.254.0.0 169.254.255.255 fe80:: febf:ffff:ffff:ffff::',
      '169.253.255.255 169.255.0.0 fe7f:ffff:: fec0::',
    ],
    multicast: ['224.0.0.0 239.255.255.255 ff00:: ffff:ffff::', '223.255.255.255 240.0.0.0 feff:ffff::'],
    shared: ['100.64.0.0 100.127.255.255', '100.63.255.255 100.128.0.0'],
  };
  it.each(Object.entries(EDGES))('the address class %s has %j', (name, [inside, outside]) => {
    const test = addressTest([{ type: 'class', name: name as AddressClass }]);
    const held = (list: string): string =>
      list
        .split(' ')
        .filter(text => test(addressCursor(text), 0))
        .join(' ');
    expect(held(inside)).toBe(inside);
    expect(held(outside)).toBe('');
  });
  it('an address class is found by its name only, in any case', () => {
    for (const name of Object.keys(ADDRESS_CLASSES)) expect(findClass(name.toUpperCase())).toBe(name);
    for (const text of ['', '9', '10.0.0.1', 'constructor', 'privat', '::1', 'fe80::'])
      expect(findClass(text)).toBeUndefined();
  });
});

describe('a service', () => {
  it('a service has the port that IANA assigned to it', () => {
    const known = {
      ...{ ftp: 21, SSH: 22, domain: 53, dns: 53, http: 80, ntp: 123, imap: 143, https: 443, submissions: 465 },
      ...{ isakmp: 500, syslog: 514, imaps: 993, openvpn: 1194, l2tp: 1701, pptp: 1723, radius: 1812, nfs: 2049 },
      ...{ mysql: 3306, rdp: 3389, stun: 3478, vxlan: 4789, sip: 5060, postgresql: 5432, wireguard: 51820 },
    };
    for (const [name, port] of Object.entries(known)) expect(servicePort(name), name).toBe(port);
    expect(servicePort('nosuch')).toBeUndefined();
  });
  it('each service has one valid port', () => {
    expect(new Set(SERVICES).size).toBe(SERVICES.length);
    for (const name of SERVICES)
      expect(servicePort(name), name).toSatisfy(port => Number.isInteger(port) && port > 0 && port < 65536);
  });
});

describe('a number with a unit', () => {
  const written = (field: string, value: number): string => formatNumber(findField(field)!, value);

  it.each([
    ['bytes', 0, '0'],
    ['bytes', 999, '999'],
    ['bytes', 1000, '1k'],
    ['bytes', 1024, '1Ki'],
    ['bytes', 1_024_000, '1024k'],
    ['bytes', 1 << 20, '1Mi'],
    ['bytes', 5e6, '5M'],
    ['bytes', 3 * (1 << 30), '3Gi'],
    ['bytes', 7e9, '7G'],
    ['timeout', 0, '0'],
    ['timeout', 1, '1s'],
    ['timeout', 90, '90s'],
    ['timeout', 120, '2m'],
    ['timeout', 7200, '2h'],
    ['timeout', 432_000, '5d'],
    ['timeout', 0.25, '250ms'],
    ['timeout', 1.001, '1001ms'],
    ['mark', 0, '0x0'],
    ['mark', 0xff, '0xff'],
    ['dport', 8000, '8000'],
  ])('a number of type %s, %d, is written %s', (field, value, expected) => {
    expect(written(field, value)).toBe(expected);
  });

  it('a number of a field without units has no unit', () => {
    expect(Object.keys(unitsOf(findField('bytes')!))).toEqual(['G', 'Gi', 'M', 'Mi', 'k', 'Ki']);
    expect(Object.keys(unitsOf(findField('timeout')!))).toEqual(['d', 'h', 'm', 's', 'ms']);
    expect(unitsOf(findField('dport')!)).toEqual({});
  });
});

describe('a time', () => {
  const NOON = Date.UTC(2026, 0, 31, 12);
  it.each<[string, number | undefined]>([
    ['2026-01-31', NOON - 43_200_000],
    ['2026-01-31T12:00:00Z', NOON],
    ['2026-01-31T13:00:00+01:00', NOON],
    // A query string that was not escaped has a space for the plus.
    ['2026-01-31T13:00:00 01:00', NOON],
    ['2026-01-31T11:00:00-01:00', NOON],
    ['2026-01-31T12:00:00.5Z', NOON + 500],
    ['2026-01-31T12:00:00.123456Z', NOON + 123.456],
    ['2026-01-31T12:00:00.000007Z', NOON + 0.007],
    ['x2026-01-31', undefined],
    ['2026-01-31x', undefined],
    ['26-01-31', undefined],
    ['2026-01-32', undefined],
    ['2026-01-31T12:00:00', undefined],
    ['2026-01-31 12:00:00Z', undefined],
    ['2026-01-31T13:00:00 01:00x', undefined],
    ['2026-01-31T13:00:00 01:00Z', undefined],
    ['noon', undefined],
    ['', undefined],
  ])('the time %j is parsed as %j', (text, expected) => {
    expect(parseTime(text)).toBe(expected);
  });

  it.each([
    [NOON, '2026-01-31T12:00:00Z'],
    [NOON + 500, '2026-01-31T12:00:00.500Z'],
    [NOON + 123.456, '2026-01-31T12:00:00.123456Z'],
    [NOON + 0.007, '2026-01-31T12:00:00.000007Z'],
  ])('the time %d is written %s, and parsed back', (value, text) => {
    expect(formatNumber(findField('start')!, value)).toBe(text);
    expect(parseTime(text)).toBe(value);
  });
});
