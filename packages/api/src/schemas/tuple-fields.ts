/** What each kind of protocol has in its tuple beside the addresses. */
export const TUPLE_FIELDS = {
  ports: ['sport', 'dport'],
  icmp: ['type', 'code', 'id'],
  keys: ['srckey', 'dstkey'],
  none: [],
} as const;
