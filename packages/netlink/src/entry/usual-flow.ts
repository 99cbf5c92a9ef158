import type { Flow, FlowTuple } from '@conntrack/flow';
import { encodeKeyBytes, tcpInfoOf } from '@conntrack/flow/codec';
import { ipv4Text, ipv6Text } from './address-text.js';
import { assembleFlow } from './assemble-flow.js';
import { keyBytes, writeUsualKeyBytes } from './key-bytes.js';
import { Layout } from './layout.js';
import { Moment } from './moment.js';
import type { EntryReader } from './reader.js';

const layout = new Layout();
const moment = new Moment();

const addressAt = (view: DataView, at: number, v4: boolean): string =>
  v4
    ? ipv4Text(view.getUint32(at))
    : ipv6Text(view.getUint32(at), view.getUint32(at + 4), view.getUint32(at + 8), view.getUint32(at + 12));

const longAt = (view: DataView, at: number): number => view.getUint32(at) * 4294967296 + view.getUint32(at + 4);
const wordAt = (view: DataView, at: number): number => (at === 0 ? -1 : view.getUint32(at));

/** Makes the tuple of one direction. Each shape has its own literal: properties that are added later are stored outside of the object. */
function tupleAt(view: DataView, v4: boolean, ports: boolean, ip: number, proto: number, counters: number): FlowTuple {
  const src = addressAt(view, ip + 8, v4);
  const dst = addressAt(view, ip + (v4 ? 16 : 28), v4);
  if (ports) {
    const sport = view.getUint16(proto + 12);
    const dport = view.getUint16(proto + 20);
    if (counters === 0) return { src, dst, sport, dport };
    return { src, dst, sport, dport, packets: longAt(view, counters + 4), bytes: longAt(view, counters + 16) };
  }
  const type = view.getUint8(proto + 20);
  const code = view.getUint8(proto + 28);
  const id = view.getUint16(proto + 12);
  if (counters === 0) return { src, dst, type, code, id };
  return { src, dst, type, code, id, packets: longAt(view, counters + 4), bytes: longAt(view, counters + 16) };
}

/** Makes the flow of an entry with the usual layout, several times as fast as attribute by attribute; returns `undefined` for other entries. */
export function usualFlowOf(entry: EntryReader): Flow | undefined {
  const { view } = entry;
  if (!layout.find(entry) || layout.more || !layout.isWhole(view)) return undefined;
  const { v4, ports, state } = layout;
  const flow = assembleFlow(
    view.getUint32(layout.id),
    encodeKeyBytes(keyBytes, writeUsualKeyBytes(view, layout)),
    v4 ? 'ipv4' : 'ipv6',
    layout.protonum,
    tupleAt(view, v4, ports, layout.originalIp, layout.originalProto, layout.originalCounters),
    tupleAt(view, v4, ports, layout.replyIp, layout.replyProto, layout.replyCounters),
    state,
    state < 0 ? undefined : tcpInfoOf(layout.tcp),
    wordAt(view, layout.status),
    wordAt(view, layout.timeout),
    wordAt(view, layout.mark),
    wordAt(view, layout.use),
  );
  const zone = layout.zone === 0 ? 0 : view.getUint16(layout.zone);
  if (zone !== 0) flow.zone = zone;
  if (layout.start !== 0 && moment.read(view, layout.start)) flow.start = moment.text();
  const { synproxy } = layout;
  if (synproxy !== 0)
    flow.synproxy = {
      isn: view.getUint32(synproxy + 4),
      its: view.getUint32(synproxy + 12),
      tsoff: view.getUint32(synproxy + 20),
    };
  const portid = entry.portid();
  if (portid > 0) flow.portid = portid;
  return flow;
}
