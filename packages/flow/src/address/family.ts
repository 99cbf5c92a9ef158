/** The layer 3 protocol of a flow, as conntrack(8) names it. */
export type Family = 'ipv4' | 'ipv6';

/** `AF_INET` (linux/socket.h): nfgenmsg.nfgen_family of an IPv4 entry, and the second column of `-o extended`. */
export const AF_INET = 2;
/** `AF_INET6` (linux/socket.h). */
export const AF_INET6 = 10;

/** Returns the number of an address family (`AF_INET` or `AF_INET6`). */
export const familyNumber = (family: Family): number => (family === 'ipv4' ? AF_INET : AF_INET6);

/** Returns the name of an address family's number; `undefined` for every family other than IPv4 and IPv6, the only ones that conntrack tracks. */
export const familyOf = (number: number): Family | undefined =>
  number === AF_INET ? 'ipv4' : number === AF_INET6 ? 'ipv6' : undefined;
