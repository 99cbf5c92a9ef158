// Replaces what identifies people and hosts in a capture, before it is shared.
import type { Flow } from '@conntrack/flow';
import type { CaptureRecord } from '@conntrack/parser/capture';
import { formatEvent, formatFlow } from '@conntrack/parser/format';

const PRIVATE = /^(10\.|192\.168\.|172\.(1[6-9]|2\d|3[01])\.|100\.(6[4-9]|[7-9]\d|1[01]\d|12[0-7])\.|169\.254\.|127\.)/;

/** The nth address that stands for another: inside addresses stay inside, and no address is anybody's. */
function substitute(address: string, n: number): string {
  if (address.includes(':')) return `2001:db8::${(n + 1).toString(16)}`;
  const [high, low] = [(n + 1) >> 8, (n + 1) & 255];
  return PRIVATE.test(address)
    ? `10.${high >> 8}.${high & 255}.${low}`
    : `198.${18 + ((high >> 8) & 1)}.${high & 255}.${low}`;
}

/**
 * Writes the records with other addresses: the same address becomes the same substitute everywhere. Label names become `label-1` and so
 * on, and security contexts are left out. Nothing but the entries is written, so names of hosts and users around them are gone. Ports,
 * states, counters, marks and times stay.
 */
export function anonymise(records: readonly CaptureRecord[]): string {
  const addresses = new Map<string, string>();
  const used = { inside: 0, outside: 0, six: 0 };
  const labels = new Map<string, string>();
  const address = (text: string): string => {
    const known = addresses.get(text);
    if (known !== undefined) return known;
    const kind = text.includes(':') ? 'six' : PRIVATE.test(text) ? 'inside' : 'outside';
    const made = substitute(text, used[kind]++);
    addresses.set(text, made);
    return made;
  };
  // A label without a name is the number of its bit.
  const label = (name: string | number): string | number => {
    if (typeof name === 'number') return name;
    if (!labels.has(name)) labels.set(name, `label-${labels.size + 1}`);
    return labels.get(name)!;
  };
  const tuple = <T extends Flow['original']>(ends: T): T => ({
    ...ends,
    src: address(ends.src),
    dst: address(ends.dst),
  });
  const lines = records.map(({ flow, type, time }) => {
    const { secctx: _, labels: names, ...rest } = flow;
    const other: Flow = {
      ...rest,
      original: tuple(flow.original),
      reply: tuple(flow.reply),
      ...(names !== undefined && { labels: names.map(label) }),
    };
    const options = {
      format: 'conntrack',
      extended: true,
      id: true,
      ktimestamp: true,
      labels: true,
      timeZone: 0,
    } as const;
    return type === undefined
      ? formatFlow(other, options)
      : formatEvent({ type, flow: other, ...(time !== undefined && { time }) }, options);
  });
  return `${lines.join('\n')}\n`;
}
