/** What conntrack(8) prints to stderr, which is often caught with the rest. */
export const TRAILER = /^conntrack v\S+ \(conntrack-tools\): /;
