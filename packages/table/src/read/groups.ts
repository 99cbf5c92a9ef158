import {
  AF_INET,
  type End,
  entryZone,
  type FlowCursor,
  familyOf,
  formatIPv4,
  formatIPv6,
  MAPPED_WORD,
  ORIGINAL_DST,
  ORIGINAL_SRC,
  protocolOf,
  REPLY_DST,
  REPLY_SRC,
  stateName,
} from '@conntrack/flow';

/** What rows are gathered by: a number where it can be one, since that is what a Map is fastest with. */
export type GroupKey = number | string;

/** A field to gather rows by: how a cursor gives the key, and how the key is written. */
export interface Grouping {
  key(cursor: FlowCursor): GroupKey;
  text(key: GroupKey): string;
}

const address = (end: End): Grouping => ({
  key: cursor =>
    cursor.word(end, 2) === MAPPED_WORD && cursor.family() === AF_INET
      ? cursor.word(end, 3)
      : formatIPv6(cursor.word(end, 0), cursor.word(end, 1), cursor.word(end, 2), cursor.word(end, 3)),
  text: key => (typeof key === 'number' ? formatIPv4(key) : key),
});

const number = (read: (cursor: FlowCursor) => number): Grouping => ({ key: read, text: key => String(key) });

const port = (end: End): Grouping => number(cursor => cursor.port(end));

/** The fields that `top` gathers by. Where a flow has not got one, its group is `-`. */
export const GROUPINGS: Readonly<Record<string, Grouping>> = {
  src: address(ORIGINAL_SRC),
  dst: address(ORIGINAL_DST),
  sport: port(ORIGINAL_SRC),
  dport: port(ORIGINAL_DST),
  'reply.src': address(REPLY_SRC),
  'reply.dst': address(REPLY_DST),
  'reply.sport': port(REPLY_SRC),
  'reply.dport': port(REPLY_DST),
  family: { key: cursor => cursor.family(), text: key => familyOf(Number(key)) ?? String(key) },
  proto: { key: cursor => cursor.protonum(), text: key => protocolOf(Number(key)).name },
  state: {
    key: cursor => {
      const state = cursor.state();
      return state < 0 ? -1 : stateName(cursor.protonum(), state);
    },
    text: String,
  },
  mark: number(cursor => cursor.mark()),
  zone: number(entryZone),
  helper: { key: cursor => cursor.helper() ?? -1, text: String },
};

/** The group's text; `-` for flows that have not got the field. */
export const groupText = ({ text }: Grouping, key: GroupKey): string => (key === -1 ? '-' : text(key));
