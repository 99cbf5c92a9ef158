import { type End, type FlowCursor, protocolOf, STATUS, stateName, statesOf } from '@conntrack/flow';
import { AF_INET, formatIPv4, formatIPv6, ORIGINAL_DST, ORIGINAL_SRC } from '@conntrack/flow/codec';

/** Length of the prefixes that sources are grouped by. */
const PREFIX = { ipv4: 24, ipv6: 64 } as const;

/** How flows are grouped: the words of a flow's key, and what a key stands for. */
export interface Grouping {
  /** Name of the view. */
  readonly name: string;
  /** The fields as `Table.top` spells them. */
  readonly by: string;
  /** 32-bit words of a key. */
  readonly width: number;
  /** Reads the key of the flow that the cursor stands on. */
  read(cursor: FlowCursor, key: Uint32Array): void;
  /** The group, for people. */
  text(key: Uint32Array): string;
  /** A filter expression that matches the group. */
  filter(key: Uint32Array): string;
}

/** An address takes five words: its family, and the four of its value. */
const ADDRESS = 5;

function readAddress(cursor: FlowCursor, end: End, key: Uint32Array, at: number): void {
  const family = cursor.family();
  key[at] = family;
  // Of IPv4 addresses only the last word differs.
  if (family === AF_INET) key[at + 1] = key[at + 2] = key[at + 3] = 0;
  else for (let i = 0; i < 3; i++) key[at + 1 + i] = cursor.word(end, i as 0 | 1 | 2);
  key[at + 4] = cursor.word(end, 3);
}

const addressText = (key: Uint32Array, at: number): string =>
  key[at] === AF_INET ? formatIPv4(key[at + 4]!) : formatIPv6(key[at + 1]!, key[at + 2]!, key[at + 3]!, key[at + 4]!);

const address = (name: string, by: 'src' | 'dst', end: End): Grouping => ({
  name,
  by,
  width: ADDRESS,
  read: (cursor, key) => readAddress(cursor, end, key, 0),
  text: key => addressText(key, 0),
  filter: key => `${by} == ${addressText(key, 0)}`,
});

const pair: Grouping = {
  name: 'pair',
  by: 'src,dst',
  width: 2 * ADDRESS,
  read(cursor, key) {
    readAddress(cursor, ORIGINAL_SRC, key, 0);
    readAddress(cursor, ORIGINAL_DST, key, ADDRESS);
  },
  text: key => `${addressText(key, 0)} ${addressText(key, ADDRESS)}`,
  filter: key => `src == ${addressText(key, 0)} and dst == ${addressText(key, ADDRESS)}`,
};

const prefixText = (key: Uint32Array): string =>
  `${addressText(key, 0)}/${key[0] === AF_INET ? PREFIX.ipv4 : PREFIX.ipv6}`;

const prefix: Grouping = {
  name: 'prefix',
  by: `src/${PREFIX.ipv4}`,
  width: ADDRESS,
  read(cursor, key) {
    readAddress(cursor, ORIGINAL_SRC, key, 0);
    if (key[0] === AF_INET) key[4]! &= 0xffffff00;
    else key[3] = key[4] = 0;
  },
  text: prefixText,
  filter: key => `src in ${prefixText(key)}`,
};

/** Protocol, and destination port + 1; 0 for protocols without ports. */
const port: Grouping = {
  name: 'port',
  by: 'proto,dport',
  width: 2,
  read(cursor, key) {
    key[0] = cursor.protonum();
    key[1] = cursor.port(ORIGINAL_DST) + 1;
  },
  text: key => (key[1] === 0 ? protocolOf(key[0]!).name : `${protocolOf(key[0]!).name} ${key[1]! - 1}`),
  filter: key =>
    key[1] === 0
      ? `proto == ${protocolOf(key[0]!).name}`
      : `proto == ${protocolOf(key[0]!).name} and dport == ${key[1]! - 1}`,
};

/** What the second word of a state's key says of protocols without states; a state is its number + `FIRST_STATE`. */
const [UNKNOWN, UNREPLIED, REPLIED, FIRST_STATE] = [0, 1, 2, 3];
/** The filters of these words. */
const ANSWERED: Readonly<Record<number, string>> = {
  [UNKNOWN]: 'not status exists',
  [UNREPLIED]: 'unreplied',
  [REPLIED]: 'status == seen_reply',
};

/** Protocol and state. Flows of protocols without states are told apart by whether they were answered. */
const state: Grouping = {
  name: 'state',
  by: 'proto,state',
  width: 2,
  read(cursor, key) {
    key[0] = cursor.protonum();
    const number = cursor.state();
    if (number >= 0) key[1] = FIRST_STATE + number;
    else key[1] = isUnreplied(cursor) ? UNREPLIED : cursor.status() < 0 ? UNKNOWN : REPLIED;
  },
  text(key) {
    const { name } = protocolOf(key[0]!);
    if (key[1]! >= FIRST_STATE) return `${name} ${stateName(key[0]!, key[1]! - FIRST_STATE)}`;
    return key[1] === UNREPLIED ? `${name} UNREPLIED` : name;
  },
  filter(key) {
    const [protonum, word] = [key[0]!, key[1]!];
    const proto = `proto == ${protocolOf(protonum).name}`;
    if (word >= FIRST_STATE) {
      const name = stateName(protonum, word - FIRST_STATE);
      // Without its protocol, CLOSING is a group of states.
      return `${proto} and state == ${name === 'CLOSING' ? `dccp:${name}` : name}`;
    }
    // A flow that a flow table handles has no state, although its protocol has states.
    const stateless = statesOf(protonum).length > 0 ? ' and not state exists' : '';
    return `${proto}${stateless} and ${ANSWERED[word]}`;
  },
};

/** Whether no packet of the other direction was seen. */
export function isUnreplied(cursor: FlowCursor): boolean {
  const status = cursor.status();
  return status >= 0 && (status & STATUS.SEEN_REPLY) === 0;
}

/** The groupings, in the order of their keys on the keyboard. */
export const GROUPINGS: readonly Grouping[] = [
  address('source', 'src', ORIGINAL_SRC),
  address('destination', 'dst', ORIGINAL_DST),
  port,
  pair,
  prefix,
  state,
];
