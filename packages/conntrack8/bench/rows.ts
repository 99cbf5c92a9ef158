// The cost of an entry for `conntrack -L` in user space: slabs in memory are decoded and written as lines and as XML,
// on one core, without kernel and output. For comparison: the same through a flow object and `formatFlow`.
import type { Flow } from '@conntrack/flow';
import { formatIPv6 } from '@conntrack/flow/codec';
import { EntryCursor } from '@conntrack/netlink';
import { entry } from '@conntrack/netlink/testing';
import { ByteWriter, LineWriter, XmlWriter } from '@conntrack/netlink/text';
import { formatFlow } from '@conntrack/parser/format';
import { median } from '../../netlink/bench/big-table.js';
import type { Style } from '../src/output/style.js';

const ENTRIES = 200_000;
const ROUNDS = 15;
/** The bytes of one recvmsg of a dump, and of one write. */
const SLAB = 256 * 1024;
const CHUNK = 256 * 1024;

type Kind = 'plain' | 'counted' | 'nat' | 'ipv6' | 'timed';

/** Three TCP entries and one UDP entry, as on a gateway. */
function flow(i: number, kind: Kind): Flow {
  const tcp = i % 4 !== 3;
  const address = (number: number): string =>
    kind === 'ipv6'
      ? formatIPv6(0x20010db8, number & 0xffff, 0, number)
      : `10.${(number >> 16) & 255}.${(number >> 8) & 255}.${number & 255}`;
  const [src, dst] = [address(i), address(0x640000 + (i % 1000))];
  const [sport, dport] = [1024 + (i % 60_000), tcp ? 443 : 53];
  const count = (scale: number): object =>
    kind === 'counted' ? { packets: 1 + (i % 5000), bytes: 52 + i * scale } : {};
  return {
    id: (i * 2_654_435_761) >>> 0,
    family: kind === 'ipv6' ? 'ipv6' : 'ipv4',
    protocol: tcp ? 'tcp' : 'udp',
    protonum: tcp ? 6 : 17,
    original: { src, dst, sport, dport, ...count(97) },
    reply: { src: dst, dst: kind === 'nat' ? '203.0.113.7' : src, sport: dport, dport: sport, ...count(1371) },
    ...(tcp && {
      state: 'ESTABLISHED',
      protoinfo: { wscale: { original: 7, reply: 7 }, flags: { original: [], reply: [] } },
    }),
    status: ['SEEN_REPLY', 'ASSURED', 'CONFIRMED'],
    timeout: tcp ? 431_000 - (i % 1000) : 100 + (i % 80),
    ...(kind === 'timed' && { start: '2026-01-01T00:00:00.000000000Z' }),
    mark: 0,
    use: 1,
  };
}

function slabsOf(kind: Kind): [buffer: Uint8Array, length: number][] {
  const slabs: [Uint8Array, number][] = [];
  let buffer = new Uint8Array(SLAB);
  let length = 0;
  for (let i = 0; i < ENTRIES; i++) {
    const message = entry(flow(i, kind))(1);
    if (length + message.length > SLAB) {
      slabs.push([buffer, length]);
      buffer = new Uint8Array(SLAB);
      length = 0;
    }
    buffer.set(message, length);
    length += message.length;
  }
  slabs.push([buffer, length]);
  return slabs;
}

const style: Style = {
  format: 'line',
  extended: false,
  id: false,
  timestamp: false,
  ctime: undefined,
  labels: undefined,
};
const out = new ByteWriter(CHUNK + 64 * 1024);
const lines = new LineWriter(style);
const xml = new XmlWriter(style);
lines.now = xml.now = Math.floor(Date.now() / 1000);
const encoder = new TextEncoder();

const WAYS: readonly (readonly [name: string, rounds: number, write: (cursor: EntryCursor) => void])[] = [
  ['decoding alone', ROUNDS, () => {}],
  ['lines', ROUNDS, cursor => lines.line(cursor, out)],
  [
    'xml',
    ROUNDS,
    cursor => {
      xml.write(cursor, out);
      out.byte(10);
    },
  ],
  [
    'lines by formatFlow',
    1,
    cursor => {
      out.room();
      out.at += encoder.encodeInto(
        `${formatFlow(cursor.flow(), { format: 'conntrack' })}\n`,
        out.bytes.subarray(out.at),
      ).written;
    },
  ],
];

for (const kind of ['plain', 'counted', 'nat', 'ipv6', 'timed'] as const) {
  const slabs = slabsOf(kind);
  for (const [name, rounds, write] of WAYS) {
    const times: number[] = [];
    let written = 0;
    for (let round = 0; round < rounds; round++) {
      written = 0;
      const from = process.cpuUsage();
      for (const [buffer, length] of slabs)
        for (const cursor = new EntryCursor(buffer, length); cursor.next(); ) {
          write(cursor);
          if (out.at < CHUNK) continue;
          written += out.at;
          out.at = 0;
        }
      written += out.at;
      out.at = 0;
      const { user, system } = process.cpuUsage(from);
      times.push(((user + system) / ENTRIES) * 1000);
    }
    const size = `${(written / ENTRIES).toFixed(0)} bytes`;
    console.log(
      `${kind.padEnd(8)} ${name.padEnd(20)} ${median(times).toFixed(0).padStart(5)} ns an entry (best ${Math.min(...times).toFixed(0)}), ${size}`,
    );
  }
}
