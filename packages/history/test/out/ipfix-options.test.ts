import { expect, test } from 'vitest';
import { IpfixExporter } from '../../src/out/ipfix/exporter.js';
import { parseIpfixUrl } from '../../src/out/ipfix/options.js';

test('a URL names transport, host, port and options', () => {
  expect(parseIpfixUrl('udp://192.0.2.9')).toEqual({ transport: 'udp', host: '192.0.2.9' });
  expect(parseIpfixUrl('tcp://collector.example:9995/?records=nat&domain=4294967295&mtu=512')).toEqual({
    transport: 'tcp',
    host: 'collector.example',
    port: 9995,
    records: 'nat',
    domain: 2 ** 32 - 1,
    mtu: 512,
  });
  expect(parseIpfixUrl('udp://[2001:db8::9]:4740').host).toBe('2001:db8::9');
});

test.each([
  ['192.0.2.9:4739', "'192.0.2.9:4739' is not the URL of an IPFIX collector. Example: udp://192.0.2.9:4739"],
  ['http://192.0.2.9', "'http://192.0.2.9' is not the URL of an IPFIX collector. Example: udp://192.0.2.9:4739"],
  ['udp://', "'udp://' is not the URL of an IPFIX collector. Example: udp://192.0.2.9:4739"],
  [
    'udp://h/path',
    "'udp://h/path' has parts that an IPFIX collector does not have. Example: udp://192.0.2.9:4739?domain=7",
  ],
  ['udp://h?mtu=100', "'udp://h?mtu=100': mtu must be a whole number from 512 to 65507, got 100"],
  ['udp://h?domain=0', "'udp://h?domain=0': domain must be a whole number from 1 to 4294967295, got 0"],
  ['udp://h?domian=1', "'udp://h?domian=1': unknown key 'domian'. Did you mean 'domain'?"],
  ['udp://h?records=none', "'udp://h?records=none': records must be 'all', 'flows' or 'nat', got 'none'"],
  ['udp://h?mtu=600&mtu=700', "'udp://h?mtu=600&mtu=700' gives mtu twice"],
])('the URL %s is refused with a sentence', (url, message) => {
  expect(() => parseIpfixUrl(url)).toThrow(message);
});

test('an exporter refuses options that it does not have', () => {
  expect(() => new IpfixExporter({ transport: 'sctp' as 'tcp', host: 'h' })).toThrow(
    "IpfixExporter: transport must be 'udp' or 'tcp', got 'sctp'",
  );
});
