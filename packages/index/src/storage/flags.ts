/** What is known about a row, one bit each. */

/** The addresses are IPv6: their columns hold places in the address pool. */
export const V6 = 1;
/** The zone is that of the original direction only. */
export const ZONE_ORIGINAL = 1 << 1;
/** The zone is that of the reply direction only. */
export const ZONE_REPLY = 1 << 2;
/** The tuples have the parts of their protocol. A kernel without the protocol's tracker sends none. */
export const PARTS = 1 << 3;
/** The mark is known. Every number is a possible mark. */
export const MARK = 1 << 4;
/** The row has rare attributes. */
export const RARE = 1 << 5;
/** The row holds an entry of the table. */
export const ALIVE = 1 << 6;
/** The row's entry ended during a sweep. The row is kept until the sweep ends, so that an older dump does not bring the entry back. */
export const DEAD = 1 << 7;
/** An event about the entry arrived during the sweep. Its values are newer than those of the dump. */
export const TOUCHED = 1 << 8;
/** The entry was added by an event during the sweep: the dump may show its predecessor. */
export const BORN = 1 << 9;
/** The dump of the sweep has the entry. */
export const SEEN = 1 << 10;
/** The entry waits for a look-up. */
export const QUEUED = 1 << 11;
/** A look-up of the entry is in progress, and no event about the entry arrived since. */
export const CHECKING = 1 << 12;
/** The entry is older than the listener, and had no event yet: the kernel may send none. */
export const UNCERTAIN = 1 << 13;
/** A dump had other values than the row, and no event explained it yet. */
export const DIFFERS = 1 << 14;
/** A dump added the entry, and no event about it arrived yet. */
export const UNANNOUNCED = 1 << 15;
