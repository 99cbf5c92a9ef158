import { formatPosition, type Position, parsePosition } from '@conntrack/client/protocol';
import { requireSource } from '@conntrack/filter/requirements';
import { EVENT_TYPES } from '@conntrack/flow';
import { EVENT_MEDIA_TYPES } from '../events/records.js';
import { Subscriber } from '../events/subscriber.js';
import { COMMON_HEADERS } from '../http/answer/headers.js';
import { openAnswerStream } from '../http/answer/open-answer-stream.js';
import { Problem } from '../http/problem/problems.js';
import { flag, type Parameter, ParameterFault } from '../http/query/parameters.js';
import { readFiltered } from '../http/query/query.js';
import { EventTextSchema } from '../schemas/events.js';
import { eventContent, formatOf, formatParameter, typesParameter, whereOf } from './event-parameters.js';
import type { Exchange, Operation } from './operation.js';

const NO_POSITION = 'is not a position. Use the position of a record, or `meta.position` of a list';

const sinceParameter: Parameter<Position> = {
  description: 'Go on behind this position: a record’s, or a list’s `meta.position`. `Last-Event-ID` does the same',
  schema: { type: 'string', pattern: '^[0-9a-f]{10}-\\d+$' },
  read(text) {
    const position = parsePosition(text);
    if (position === undefined) throw new ParameterFault(`'${text}' ${NO_POSITION}`);
    return position;
  },
};

const parameters = {
  types: typesParameter,
  since: sinceParameter,
  initial: flag('Begin with a snapshot of what is there, and tell it anew after events were lost'),
  format: formatParameter,
};

/** Where a browser that reconnects goes on: it knows better than the URL. */
function lastEventId({ c }: Exchange): Position | undefined {
  const text = c.req.header('last-event-id');
  if (text === undefined || text === '') return undefined;
  const position = parsePosition(text);
  if (position === undefined)
    throw new Problem('parameter-invalid', `Last-Event-ID: '${text.slice(0, 100)}' ${NO_POSITION}`);
  return position;
}

/** `GET /conntrack/events`: what happens to flows, as it happens. */
export const events: Operation = {
  id: 'watchFlows',
  method: 'get',
  path: '/conntrack/events',
  summary: 'Watch flow events',
  description:
    'Streams events without end, as NDJSON or Server-Sent Events. `new`, `update` and `destroy` records carry a `flow`. `bookmark` carries the current position. `gap` says that events were lost, where (in the `kernel`, in the `ring`, or on the way to this `subscriber`) and how many (null if unknown); `resync` follows it. `bye` ends the stream: the server stops, or the token expired or was revoked. To resume, send the `position` of the last record as `since` or `Last-Event-ID`; if it is no longer kept, the answer is 410. With `initial=true`, `snapshot` records of all matching flows follow each `resync`, and then a `bookmark` with `synced`: flows that were not reported since the `resync` no longer exist, and an event since the `resync` is newer than a snapshot. Before `synced` there is no position to resume from.',
  tag: 'flows',
  access: 'flows:watch',
  endless: true,
  parameters,
  filter: 'read',
  answers: {
    200: {
      description: 'The records',
      content: eventContent(EventTextSchema),
    },
  },
  problems: [
    'filter-invalid',
    'field-unavailable',
    'position-gone',
    'too-many-flows',
    'no-room',
    'unsupported',
    'not-privileged',
    'source-failed',
  ],
  async handle(exchange) {
    const { c, raw, table, events: journal } = exchange;
    const { filter, values } = readFiltered(raw, parameters, 'read', undefined, { events: true });
    const { types = EVENT_TYPES, initial = false } = values;
    const format = formatOf(c, values.format);
    const since = lastEventId(exchange) ?? values.since;
    // The journal has all flows of the table; the table of snapshots is narrowed itself.
    const watched = whereOf(filter, exchange.principal);
    // A snapshot's flows are not events.
    if (initial) requireSource(filter, { accounting: true, timestamps: true });
    if (c.req.method === 'HEAD')
      return new Response(null, { headers: { ...COMMON_HEADERS, 'content-type': EVENT_MEDIA_TYPES[format] } });
    await table.checkAvailable({ ...(watched && { filter: watched.filter }), events: types });
    const kept = await journal.begin(since, watched, types);
    const place = kept ?? (await journal.begin(undefined, watched, types))!;
    if (kept === undefined && !initial)
      throw new Problem(
        'position-gone',
        `events since this position are no longer available. List the flows again, or use initial=true. The current position is ${formatPosition(place.epoch, place.seq)}`,
      );
    const { out, response } = openAnswerStream(c, EVENT_MEDIA_TYPES[format], { prompt: true });
    const count = since?.epoch === place.epoch && since.seq > 0 ? place.seq - since.seq : null;
    const subscriber = new Subscriber(
      journal,
      out,
      {
        format,
        types,
        ...(watched && { where: watched }),
        table,
        filter,
        initial,
        resumed: kept !== undefined && since !== undefined,
        allowed: () => exchange.allowed(),
        ...(kept === undefined && { late: { count } }),
      },
      place,
    );
    subscriber.start();
    return response;
  },
};
