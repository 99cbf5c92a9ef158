/** nlmsghdr and nlattr are in the host's byte order, everything inside ctnetlink attributes in network order. */
export const LITTLE = new Uint8Array(Uint16Array.of(1).buffer)[0] === 1;
