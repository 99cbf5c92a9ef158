import { requireSource } from '@conntrack/filter/requirements';
import { EVENT_TYPES } from '@conntrack/flow';
import { formatPosition, type Position, parsePosition } from '../events/position.js';
import { EVENT_MEDIA_TYPES } from '../events/records.js';
import { Subscriber } from '../events/subscriber.js';
import { COMMON_HEADERS } from '../http/context.js';
import { flag, type Parameter, ParameterFault } from '../http/parameters.js';
import { readFiltered } from '../http/query.js';
import { openSink } from '../http/sink.js';
import type { Exchange, Operation } from '../operation.js';
import { Problem } from '../problems.js';
import { EventTextSchema } from '../schemas/events.js';

import { eventContent, formatOf, formatParameter, typesParameter, whereOf } from './event-parameters.js';

const NO_POSITION = 'is no position; take that of a record, or `meta.position` of a list';

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
  summary: 'What happens to flows that match a filter',
  description:
    'A stream without end, as NDJSON or Server-Sent Events. Records are `new`, `update` and `destroy` with a `flow`; `bookmark` with the place where it is, now and then; `gap` where events were lost (in the `kernel`, the `ring` or on the way to this `subscriber`) and how many, or null; `resync` behind it; `bye` when the server stops, or the token expires or is taken away. Each has the `position` to go on from, by `since` or `Last-Event-ID`: for as long as it is kept, then 410. With `initial=true` every `resync` is followed by `snapshot` records of all that is there, and a `bookmark` with `synced`: what was not told since the `resync` is gone then, and an event told since knows better than a snapshot. Until `synced` there is nothing to go on from: ask anew.',
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
    const seen = whereOf(filter, exchange.principal);
    // A snapshot's flows are no events.
    if (initial) requireSource(filter, { accounting: true, timestamps: true });
    if (c.req.method === 'HEAD')
      return new Response(null, { headers: { ...COMMON_HEADERS, 'content-type': EVENT_MEDIA_TYPES[format] } });
    await table.checkAvailable({ ...(seen && { filter: seen.filter }), events: types });
    const kept = await journal.begin(since, seen, types);
    const place = kept ?? (await journal.begin(undefined, seen, types))!;
    if (kept === undefined && !initial)
      throw new Problem(
        'position-gone',
        `events since then are not kept any more; list the flows anew, or ask with initial=true. Now is ${formatPosition(place.epoch, place.seq)}`,
      );
    const { sink, response } = openSink(c, EVENT_MEDIA_TYPES[format], { prompt: true });
    const count = since?.epoch === place.epoch && since.seq > 0 ? place.seq - since.seq : null;
    const subscriber = new Subscriber(
      journal,
      sink,
      {
        format,
        types,
        ...(seen && { where: seen }),
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
