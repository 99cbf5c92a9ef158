/** Whether this host is little-endian. nlmsghdr and nlattr are in host byte order; everything inside ctnetlink attributes is in network order. */
export const LITTLE = new Uint8Array(Uint16Array.of(1).buffer)[0] === 1;
