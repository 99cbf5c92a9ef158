import type { Filter } from '@conntrack/filter';
import { printQuery } from '@conntrack/filter/print';
import { EVENT_TYPES, type FlowEventType } from '@conntrack/flow';
import { constrained, type Principal } from '../auth/scopes.js';
import { EVENT_MEDIA_TYPES, type EventFormat } from '../events/records.js';
import type { Where } from '../events/selection.js';
import { negotiate } from '../http/answer/accept.js';
import type { Ctx } from '../http/context.js';
import { oneOf, type Parameter, ParameterFault } from '../http/query/parameters.js';

// Parameters of event streams, for flows and for expectations.

const FORMATS = Object.keys(EVENT_MEDIA_TYPES) as readonly EventFormat[];

/** The parameter `format`. */
export const formatParameter = oneOf(
  'The format of the stream. Default: the Accept header decides, otherwise ndjson',
  FORMATS,
);

/** The parameter `types`. */
export const typesParameter: Parameter<readonly FlowEventType[]> = {
  description: `The event types to send, separated by commas: ${EVENT_TYPES.join(', ')}. Default: all`,
  schema: { type: 'string', example: 'new,destroy' },
  read(text) {
    const words = text.split(',');
    const wrong = words.find(word => !(EVENT_TYPES as readonly string[]).includes(word));
    if (wrong !== undefined)
      throw new ParameterFault(`must be one of ${EVENT_TYPES.join(', ')}, got '${wrong}'`, EVENT_TYPES);
    return EVENT_TYPES.filter(type => words.includes(type));
  },
};

/** The requested format, or else the one that the Accept header prefers. */
export function formatOf(c: Ctx, asked: EventFormat | undefined): EventFormat {
  if (asked !== undefined) return asked;
  const type = negotiate(c.req.header('accept'), Object.values(EVENT_MEDIA_TYPES));
  return FORMATS.find(format => EVENT_MEDIA_TYPES[format] === type)!;
}

/** The media types of an event stream, for the OpenAPI document. */
export const eventContent = <T>(schema: T): Record<string, T> =>
  Object.fromEntries(Object.values(EVENT_MEDIA_TYPES).map(type => [type, schema]));

/** A filter combined with the principal's limit. `undefined` if all flows match. */
export function whereOf(filter: Filter, principal: Principal): Where | undefined {
  const seen = constrained(filter, principal);
  return seen.kind === 'all' ? undefined : { text: printQuery(seen), filter: seen };
}
