import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);
const LINKTYPE_RAW = 101;
const IPFIX_PORT = 4739;

/** An IPv4 packet that carries a part of a stream, or a datagram. Checksums are 0: tshark does not check them by default. */
function packet(protocol: 'tcp' | 'udp', payload: Uint8Array, sequence: number): Uint8Array {
  const header = Buffer.alloc(protocol === 'tcp' ? 40 : 28);
  header[0] = 0x45;
  header.writeUInt16BE(header.length + payload.length, 2);
  header[8] = 64;
  header[9] = protocol === 'tcp' ? 6 : 17;
  header.set([192, 0, 2, 1, 192, 0, 2, 9], 12);
  header.writeUInt16BE(40_000, 20);
  header.writeUInt16BE(IPFIX_PORT, 22);
  if (protocol === 'udp') header.writeUInt16BE(8 + payload.length, 24);
  else {
    header.writeUInt32BE(sequence, 24);
    header.writeUInt16BE(0x5018, 32); // 20 bytes of header; PSH and ACK
    header.writeUInt16BE(65_535, 34);
  }
  return Buffer.concat([header, payload]);
}

/** Makes a capture file of payloads, which are datagrams, or the parts of one stream. */
function captureOf(protocol: 'tcp' | 'udp', payloads: readonly Uint8Array[]): Uint8Array {
  const head = Buffer.alloc(24);
  head.writeUInt32LE(0xa1b2c3d4, 0);
  head.writeUInt16LE(2, 4);
  head.writeUInt16LE(4, 6);
  head.writeUInt32LE(262_144, 16);
  head.writeUInt32LE(LINKTYPE_RAW, 20);
  const parts: Uint8Array[] = [head];
  let sequence = 1;
  for (const payload of payloads) {
    const bytes = packet(protocol, payload, sequence);
    sequence += payload.length;
    const record = Buffer.alloc(16);
    record.writeUInt32LE(bytes.length, 8);
    record.writeUInt32LE(bytes.length, 12);
    parts.push(record, bytes);
  }
  return Buffer.concat(parts);
}

/** A record as tshark decoded it: its fields without `cflow.`. */
export type Decoded = Record<string, string>;

/** One IPFIX message as tshark decoded it. */
export interface DecodedMessage {
  sequence: number;
  domain: number;
  templates: number[];
  records: Decoded[];
}

/** A part of tshark's tree. */
interface Tree {
  [name: string]: Tree | string | string[];
}
const isTree = (part: Tree[string] | undefined): part is Tree => typeof part === 'object' && !Array.isArray(part);

/** The values below a part of the tree, by their names. A value that occurs several times (forward and reverse) is joined with a comma. */
function valuesOf(tree: Tree, into: Decoded = {}): Decoded {
  for (const [name, value] of Object.entries(tree)) {
    if (isTree(value)) valuesOf(value, into);
    else into[name.replace('cflow.', '')] = String(value);
  }
  return into;
}

/** What tshark shows of one message. */
function messageOf(tree: Tree): DecodedMessage {
  const templates: number[] = [];
  const records: Decoded[] = [];
  for (const set of Object.values(tree).filter(isTree))
    for (const [name, part] of Object.entries(set).filter((entry): entry is [string, Tree] => isTree(entry[1])))
      if (name.startsWith('Flow ')) records.push({ template: String(set['cflow.flowset_id']), ...valuesOf(part) });
      else if (name.includes('Template (')) templates.push(Number(valuesOf(part).template_id));
  return { sequence: Number(tree['cflow.sequence']), domain: Number(tree['cflow.od_id']), templates, records };
}

/** Decodes messages with tshark(1), which is a decoder of its own: it shares no code with the exporter, or with nfcapd. */
export async function decode(protocol: 'tcp' | 'udp', payloads: readonly Uint8Array[]): Promise<DecodedMessage[]> {
  const folder = await mkdtemp(join(tmpdir(), 'ipfix-'));
  try {
    const file = join(folder, 'messages.pcap');
    await writeFile(file, captureOf(protocol, payloads));
    const { stdout } = await run('tshark', ['-r', file, '-T', 'json', '--no-duplicate-keys', '-J', 'cflow'], {
      maxBuffer: 256 * 1024 * 1024,
    });
    const packets = JSON.parse(stdout) as { _source: { layers: { cflow?: Tree | Tree[] } } }[];
    return packets.flatMap<Tree>(({ _source: { layers } }) => layers.cflow ?? []).map(messageOf);
  } finally {
    await rm(folder, { recursive: true });
  }
}
