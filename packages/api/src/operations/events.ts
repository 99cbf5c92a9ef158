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

const NO_POSITION = 'is not a position. Use the `position` of a record or `meta.position` of a list';

const sinceParameter: Parameter<Position> = {
  description:
    'Resume after this position, from a record or from `meta.position` of a list. The header `Last-Event-ID` takes precedence',
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
  initial: flag('Start with a snapshot of all matching flows, and send a new snapshot after each gap'),
  format: formatParameter,
};

/** The position of a browser that reconnects. It is newer than the one in the URL. */
function lastEventId({ c }: Exchange): Position | undefined {
  const text = c.req.header('last-event-id');
  if (text === undefined || text === '') return undefined;
  const position = parsePosition(text);
  if (position === undefined)
    throw new Problem('parameter-invalid', `Last-Event-ID: '${text.slice(0, 100)}' ${NO_POSITION}`);
  return position;
}

export const events: Operation = {
  id: 'watchFlows',
  method: 'get',
  path: '/conntrack/events',
  summary: 'Watch flow events',
  description:
    'Streams flow events as NDJSON or Server-Sent Events, until the client disconnects or the server ends the stream. Records arrive in the order of the kernel’s events. `new`, `update` and `destroy` contain a `flow`. `bookmark` contains the current position, every 15 seconds by default. `gap` reports lost events: where they were lost (`kernel`, `ring`, or `subscriber`: this client was too slow) and how many (null if unknown); a `resync` follows. `bye` ends the stream, for example because the server stops, or because the token expired or was revoked. To resume, send the `position` of the last record as `since` or `Last-Event-ID`; if those events are no longer available, the response is 410 `position-gone`. With `initial=true`, each `resync` is followed by `snapshot` records of all matching flows, and then by a `bookmark` with `synced`. At that point, flows without a record since the `resync` no longer exist. An event is newer than a snapshot record of the same flow. Before `synced` there is no position to resume from.',
  tag: 'flows',
  access: 'flows:watch',
  endless: true,
  parameters,
  filter: 'read',
  answers: {
    200: {
      description: 'The event stream',
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
    // The journal knows all flows of the table, so the principal's limit is added here. The table for snapshots applies
    // it by itself.
    const watched = whereOf(filter, exchange.principal);
    // A snapshot has no event-only fields, so the filter must not use them.
    if (initial) requireSource(filter, { accounting: true, timestamps: true, fleet: true });
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
