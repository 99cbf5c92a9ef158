import type { FieldType, FlowField } from '@conntrack/filter';

/** Filters that show how the values of a type are written, with `F` for the field's name. */
const BY_TYPE: Readonly<Record<FieldType, readonly string[]>> = {
  family: ['F=ipv6'],
  protocol: ['F=tcp', 'F=tcp,udp', 'F!=tcp'],
  address: ['F=192.0.2.1', 'F=10.0.0.0/8,192.168.0.0/16', 'F!=private'],
  pair: ['F=192.0.2.1,198.51.100.0/24'],
  port: ['F=443', 'F=80,443,8000-8999', "'F>=1024'"],
  number: ['F=5', "'F>=2'"],
  hex: ['F=0x10', 'F=0x10/0xf0'],
  size: ["'F>1M'", "'F<=500K'"],
  duration: ["'F<30s'", "'F>1h'"],
  time: ["'F>2026-01-01T00:00:00Z'"],
  state: ['F=ESTABLISHED', 'F=SYN_SENT,SYN_RECV', 'F!=ESTABLISHED'],
  status: ['F=ASSURED', 'F!=SEEN_REPLY'],
  label: ['F=5', 'F.exists=true'],
  text: ["'F=system_u:object_r:unlabeled_t:s0'"],
  enum: [],
  name: ['F=ftp', 'F.exists=true'],
  flag: ['F', 'F=false'],
  nat: ['F', 'F=203.0.113.7'],
};

/** Filters with a field, as words of a command line. */
export function examplesOf({ name, type, values }: Pick<FlowField, 'name' | 'type' | 'values'>): readonly string[] {
  if (name === 'nat') return ['nat=src', 'nat=none'];
  if (type === 'enum') return (values ?? []).slice(0, 2).map(value => `${name}=${value}`);
  return BY_TYPE[type].map(text => text.replace('F', name));
}
