import { NetlinkError } from '../wire/error.js';

const stale = (): never => {
  throw new NetlinkError('STALE', 'decode', 'this cursor’s slab was given back when the next one was asked for');
};

/** What every question to a cursor comes down to, for one whose memory belongs to others now. */
export const STALE = {
  next: stale,
  family: stale,
  locate: stale,
  presence: stale,
  unknown: stale,
  event: stale,
  portid: stale,
};
