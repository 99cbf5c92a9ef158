/**
 * Lines without a flow: what conntrack(8) prints to stderr, which is often captured too, and the expectations that Linux 2.4 lists among
 * the flows.
 */
export const TRAILER = /^(?:conntrack v\S+ \(conntrack-tools\): |EXPECTING: (?:\d+|-) use=\d+ proto=\d+ )/;
