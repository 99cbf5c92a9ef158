import { type Address, type Flow, parseAddress, STATUS_BITS, statesOf } from '@conntrack/flow';
import { statusBit } from '@conntrack/flow/codec';
import type { AddressValue, Filter, Test, Value } from '../src/index.js';
import { ADDRESS_CLASSES } from '../src/language/address-classes.js';

/** The meaning of the language written for clarity and not for speed, over strings and big integers. Compiled predicates are compared with it. */

const big = ({ words }: Address): bigint => words.reduce((sum, word) => (sum << 32n) | BigInt(word), 0n);
const bits = (address: Address): number => (address.family === 'ipv4' ? 32 : 128);
const own = (address: Address): bigint => (address.family === 'ipv4' ? big(address) & 0xffffffffn : big(address));

function addressIs(value: AddressValue, address: Address): boolean {
  if (value.type === 'class')
    return ADDRESS_CLASSES[value.name].some(text => {
      const [network, length] = text.split('/');
      return addressIs({ type: 'prefix', address: parseAddress(network!)!, length: Number(length) }, address);
    });
  const family = value.type === 'addresses' ? value.from.family : value.address.family;
  if (family !== address.family) return false;
  switch (value.type) {
    case 'address':
      return own(value.address) === own(address);
    case 'prefix': {
      const shift = BigInt(bits(address) - value.length);
      return own(value.address) >> shift === own(address) >> shift;
    }
    case 'addresses':
      return own(value.from) <= own(address) && own(address) <= own(value.to);
    case 'netmask':
      return (own(address) & own(value.mask)) === own(value.address);
  }
}

function numberIs(value: Value, number: number): boolean {
  if (value.type === 'number') return number === value.value;
  if (value.type === 'range') return number >= value.from && number <= value.to;
  return value.type === 'masked' && (BigInt(number) & BigInt(value.mask)) === BigInt(value.value);
}

const sum = (a: number | undefined, b: number | undefined): number | undefined =>
  a === undefined && b === undefined ? undefined : (a ?? 0) + (b ?? 0);

function numbersOf(flow: Flow, field: string, now: number): (number | undefined)[] {
  const { original: o, reply: r } = flow;
  const start = flow.start === undefined ? undefined : Date.parse(flow.start);
  const table: Record<string, (number | undefined)[]> = {
    family: [flow.family === 'ipv4' ? 2 : 10],
    proto: [flow.protonum],
    zone: [flow.zone || o.zone || r.zone || 0],
    'orig.zone': [o.zone ?? 0],
    'reply.zone': [r.zone ?? 0],
    sport: [o.sport],
    dport: [o.dport],
    'reply.sport': [r.sport],
    'reply.dport': [r.dport],
    port: [o.sport, o.dport, r.sport, r.dport],
    mark: [flow.mark],
    secmark: [flow.secmark],
    timeout: [flow.timeout],
    id: [flow.id],
    use: [flow.use],
    bytes: [sum(o.bytes, r.bytes)],
    packets: [sum(o.packets, r.packets)],
    'orig.bytes': [o.bytes],
    'reply.bytes': [r.bytes],
    'orig.packets': [o.packets],
    'reply.packets': [r.packets],
    rate: [sum(flow.rate?.original, flow.rate?.reply)],
    'orig.rate': [flow.rate?.original],
    'reply.rate': [flow.rate?.reply],
    'first-seen': [flow.firstSeen === undefined ? undefined : Date.parse(flow.firstSeen)],
    start: [start],
    stop: [undefined],
    age: [start === undefined ? undefined : Math.max(0, (now - start) / 1000)],
    'icmp.type': [o.type],
    'icmp.code': [o.code],
    'icmp.id': [o.id],
    'gre.srckey': [o.srckey],
    'gre.dstkey': [o.dstkey],
    'reply.gre.srckey': [r.srckey],
    'reply.gre.dstkey': [r.dstkey],
    'sctp.vtag': [flow.protoinfo?.vtag?.original, flow.protoinfo?.vtag?.reply],
    'orig.sctp.vtag': [flow.protoinfo?.vtag?.original],
    'reply.sctp.vtag': [flow.protoinfo?.vtag?.reply],
    'dccp.role': [flow.protoinfo?.role === undefined ? undefined : ['client', 'server'].indexOf(flow.protoinfo.role)],
    event: [undefined],
    portid: [flow.portid],
  };
  return table[field]!;
}

const addressesOf: Record<string, (flow: Flow) => string[]> = {
  src: flow => [flow.original.src],
  dst: flow => [flow.original.dst],
  'reply.src': flow => [flow.reply.src],
  'reply.dst': flow => [flow.reply.dst],
  addr: flow => [flow.original.src, flow.original.dst, flow.reply.src, flow.reply.dst],
};

function natOf(flow: Flow): { src: boolean; dst: boolean } {
  const { original: o, reply: r, status } = flow;
  const ruled = (bit: 'SRC_NAT' | 'DST_NAT'): boolean =>
    status?.includes('CONFIRMED') === true && !status.includes(bit);
  return {
    src: !ruled('SRC_NAT') && (o.src !== r.dst || o.sport !== r.dport || o.id !== r.id),
    dst: !ruled('DST_NAT') && (o.dst !== r.src || o.dport !== r.sport),
  };
}

function endpointIs(value: Value, address: string, port: number | undefined): boolean {
  if (value.type !== 'endpoint') return false;
  return addressIs(value.address, parseAddress(address)!) && (value.port === undefined || value.port === port);
}

function textIs(value: Value, text: string): boolean {
  const lower = text.toLowerCase();
  if (value.type === 'text') return value.text.toLowerCase() === lower;
  if (value.type !== 'glob') return false;
  const pattern = value.parts.map(part => part.toLowerCase().replace(/[.*+?^${}()|[\]\\]/g, '\\$&')).join('[\\s\\S]*');
  return new RegExp(`^${pattern}$`).test(lower);
}

function testIs(test: Test, flow: Flow, now: number): boolean {
  const { field, op, values } = test;
  const [only] = values;
  const limit = only?.type === 'number' ? only.value : Number.NaN;
  const status = flow.status === undefined ? undefined : flow.status.map(name => statusBit(name));
  const nat = natOf(flow);
  switch (field) {
    case 'src':
    case 'dst':
    case 'reply.src':
    case 'reply.dst':
    case 'addr': {
      const addresses = addressesOf[field]!(flow).map(text => parseAddress(text)!);
      return op === 'exists' || addresses.some(each => values.some(value => addressIs(value as AddressValue, each)));
    }
    case 'pair': {
      const [one, other] = values as AddressValue[];
      const ends = [flow.original, flow.reply].map(({ src, dst }) => [parseAddress(src)!, parseAddress(dst)!] as const);
      return ends.some(
        ([a, b]) => (addressIs(one!, a) && addressIs(other!, b)) || (addressIs(one!, b) && addressIs(other!, a)),
      );
    }
    case 'state': {
      if (flow.state === undefined) return false;
      const name = flow.state;
      return (
        op === 'exists' ||
        values.some(
          value =>
            value.type === 'state' &&
            value.states.some(
              ({ protonum, state }) =>
                protonum === flow.protonum && (statesOf(protonum)[state] ?? String(state)) === name,
            ),
        )
      );
    }
    case 'status': {
      if (status === undefined) return false;
      const wanted = values.map(value => (value.type === 'number' ? value.value : 0));
      if (op === 'exists') return true;
      return op === 'all' ? wanted.every(bit => status.includes(bit)) : wanted.some(bit => status.includes(bit));
    }
    case 'unreplied':
      return status !== undefined && !status.includes(1 << STATUS_BITS.indexOf('SEEN_REPLY'));
    case 'assured':
      return flow.status?.includes('ASSURED') === true;
    case 'offload':
      return flow.status?.some(name => name === 'OFFLOAD' || name === 'HW_OFFLOAD') === true;
    case 'label': {
      const has = (value: Value): boolean =>
        value.type === 'label' && flow.labels?.includes(value.name ?? value.bit!) === true;
      if (op === 'exists') return (flow.labels?.length ?? 0) > 0;
      return op === 'all' ? values.every(has) : values.some(has);
    }
    case 'helper':
    case 'node':
    case 'secctx': {
      const text = flow[field];
      if (op === 'exists') return text !== undefined && text !== '';
      return text !== undefined && values.some(value => textIs(value, text));
    }
    case 'nat': {
      const kinds = { ...nat, any: nat.src || nat.dst, none: !nat.src && !nat.dst };
      if (op === 'exists') return kinds.any;
      return values.some(value => value.type === 'name' && kinds[value.name as keyof typeof kinds]);
    }
    case 'src-nat':
    case 'dst-nat':
    case 'any-nat': {
      const src = field !== 'dst-nat' && nat.src;
      const dst = field !== 'src-nat' && nat.dst;
      if (op === 'exists') return src || dst;
      return values.some(
        value =>
          (src && endpointIs(value, flow.reply.dst, flow.reply.dport)) ||
          (dst && endpointIs(value, flow.reply.src, flow.reply.sport)),
      );
    }
    default: {
      const numbers = numbersOf(flow, field, now).filter(number => number !== undefined);
      return numbers.some(number => {
        if (op === 'exists') return !field.endsWith('zone') || number > 0;
        if (op === 'eq') return values.some(value => numberIs(value, number));
        if (op === 'gt') return number > limit;
        if (op === 'gte') return number >= limit;
        return op === 'lt' ? number < limit : number <= limit;
      });
    }
  }
}

/** Whether a flow matches a filter. */
export function passes(filter: Filter, flow: Flow, now: number): boolean {
  switch (filter.kind) {
    case 'all':
      return true;
    case 'and':
      return filter.terms.every(term => passes(term, flow, now));
    case 'or':
      return filter.terms.some(term => passes(term, flow, now));
    case 'not':
      return !passes(filter.term, flow, now);
    case 'test':
      return testIs(filter, flow, now);
  }
}
