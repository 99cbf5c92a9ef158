/** Lines without a flow: what conntrack(8) prints to stderr, which is often caught with the rest, and Linux 2.4's expectations among the flows. */
export const TRAILER = /^(?:conntrack v\S+ \(conntrack-tools\): |EXPECTING: (?:\d+|-) use=\d+ proto=\d+ )/;
