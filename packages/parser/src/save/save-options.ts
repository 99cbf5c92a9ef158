import { ORIGINAL_TUPLE, REPLY_TUPLE, REST, type Slot, STATE_COLUMN, TIMEOUT_COLUMN } from '../line/token-line.js';

/** The options of `conntrack -o save`, each with the key that precedes its value on a line of `-L`, grouped by the place on that line. */
const places: readonly (readonly [slot: Slot, options: string])[] = [
  [TIMEOUT_COLUMN, '-t'],
  [STATE_COLUMN, '--state'],
  [
    ORIGINAL_TUPLE,
    '-s=src -d=dst --sport=sport --dport=dport --icmp-type=type --icmp-code=code --icmp-id=id --srckey=srckey --dstkey=dstkey --orig-zone=zone-orig',
  ],
  [
    REPLY_TUPLE,
    '-r=src -g=src -q=dst -n=dst --reply-port-src=sport --reply-port-dst=dport --reply-key-src=srckey --reply-key-dst=dstkey --reply-zone=zone-reply',
  ],
  [REST, '-c=secmark -m=mark -w=zone'],
];
const OPTIONS = new Map(
  places.flatMap(([slot, options]) =>
    options.split(' ').map(text => {
      const [option, key] = text.split('=');
      return [option, [slot, key === undefined ? '' : `${key}=`]] as const;
    }),
  ),
);

/** Looks up an option. The options of ICMPv6 are those of ICMP. */
export const saveOption = (option: string): readonly [slot: Slot, key: string] | undefined =>
  OPTIONS.get(option.replace('--icmpv6', '--icmp'));

/**
 * Swaps the bytes of a verification tag, from or to its form in `-o save`: conntrack(8) prints the kernel's network-order bytes as a number
 * in host order. Assumes a little-endian host.
 */
export const swapVtag = (tag: number): number =>
  (((tag & 0xff) << 24) | ((tag & 0xff00) << 8) | ((tag >>> 8) & 0xff00) | (tag >>> 24)) >>> 0;
