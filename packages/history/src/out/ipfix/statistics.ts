import { ELEMENTS, type Element } from './elements.js';
import { setUint64 } from './fields.js';
import { MESSAGE_HEADER, SET_HEADER } from './message.js';
import { templateSet } from './templates.js';

/**
 * The observation domain of statistics: they are about the exporter, not about a domain (RFC 7011, 3.1). Collectors such as nfcapd do not
 * count records of options in sequence numbers, so that they would report gaps in the domain of the rows.
 */
export const STATISTICS_DOMAIN = 0;
const TEMPLATE = 256;

/** The fields of the statistics; the first is their scope (RFC 7011, 4.3). */
const FIELDS: readonly Element[] = [
  ELEMENTS.exportingProcessId,
  ELEMENTS.exportedMessageTotalCount,
  ELEMENTS.exportedFlowRecordTotalCount,
  ELEMENTS.notSentFlowTotalCount,
];
const OPTIONS_TEMPLATE = templateSet(TEMPLATE, FIELDS, 1);

/** Totals since the exporter started. */
interface Totals {
  readonly messages: number;
  readonly records: number;
  readonly dropped: number;
}

/** Makes a message with one record of statistics. @param announce whether its template comes before it */
export function statisticsMessage({ messages, records, dropped }: Totals, announce: boolean): Uint8Array {
  const set = new Uint8Array(SET_HEADER + 4 + 3 * 8);
  const view = new DataView(set.buffer);
  view.setUint16(0, TEMPLATE);
  view.setUint16(2, set.length);
  view.setUint32(4, process.pid);
  for (const [i, value] of [messages, records, dropped].entries()) setUint64(view, 8 + i * 8, value);
  return Buffer.concat([new Uint8Array(MESSAGE_HEADER), ...(announce ? [OPTIONS_TEMPLATE] : []), set]);
}
