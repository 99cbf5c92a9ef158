import type { Filter } from '@conntrack/filter';
import { parseAddress } from '@conntrack/flow';
import { type Io, say } from '../process/io.js';
import { isStderrTerminal } from '../terminal/streams.js';

const ADDRESSES: readonly string[] = ['dst', 'src', 'addr'];
const PORTS: readonly string[] = ['dport', 'sport', 'port'];

/**
 * After a list without entries, tells a person about `ctctl lookup`, if the filter is an address and port: a translated
 * address is in the reply direction, where `dst` and `dport` do not look.
 */
export async function hintLookup(io: Io, filter: Filter): Promise<void> {
  if (!isStderrTerminal(io) || filter.kind === 'all') return;
  const { printQuery } = await import('@conntrack/filter/print');
  const pairs = [...new URLSearchParams(printQuery(filter))];
  const address = pairs.find(([name, value]) => ADDRESSES.includes(name) && parseAddress(value) !== undefined)?.[1];
  if (address === undefined) return;
  const port = pairs.find(([name, value]) => PORTS.includes(name) && /^\d+$/.test(value))?.[1];
  const place = port === undefined ? address : `${address.includes(':') ? `[${address}]` : address}:${port}`;
  say(io, `to find who is behind a translated address: ctctl lookup ${place}`);
}
