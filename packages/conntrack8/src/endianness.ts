/** Whether this machine puts the low byte first: netlink's headers are in its order. */
export const LITTLE = new Uint8Array(Uint16Array.of(1).buffer)[0] === 1;
