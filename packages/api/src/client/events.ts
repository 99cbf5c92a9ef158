import type { ByeRecord, EventRecord } from '../events/records.js';

/** What a watch gives: the server's records but its goodbyes, which are the client's own affair. */
export type WatchRecord = Exclude<EventRecord, ByeRecord>;
