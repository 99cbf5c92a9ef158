import type { Filter } from '@conntrack/filter';
import { printQuery } from '@conntrack/filter/print';
import { EVENT_TYPES, type FlowEventType } from '@conntrack/flow';
import { constrained, type Principal } from '../auth/scopes.js';
import { EVENT_MEDIA_TYPES, type EventFormat } from '../events/records.js';
import type { Where } from '../events/selection.js';
import { negotiate } from '../http/answer/accept.js';
import type { Ctx } from '../http/context.js';
import { oneOf, type Parameter, ParameterFault } from '../http/query/parameters.js';

// What streams of events, of flows and of expectations, are asked with.

const FORMATS = Object.keys(EVENT_MEDIA_TYPES) as readonly EventFormat[];

/** `format=` */
export const formatParameter = oneOf('The format, where Accept is inconvenient', FORMATS);

/** `types=` */
export const typesParameter: Parameter<readonly FlowEventType[]> = {
  description: `Which events: ${EVENT_TYPES.join(', ')} (default: all)`,
  schema: { type: 'string', example: 'new,destroy' },
  read(text) {
    const words = text.split(',');
    const wrong = words.find(word => !(EVENT_TYPES as readonly string[]).includes(word));
    if (wrong !== undefined)
      throw new ParameterFault(`must be one of ${EVENT_TYPES.join(', ')}, got '${wrong}'`, EVENT_TYPES);
    return EVENT_TYPES.filter(type => words.includes(type));
  },
};

/** The format that was asked for, or else the one that Accept asks for. */
export function formatOf(c: Ctx, asked: EventFormat | undefined): EventFormat {
  if (asked !== undefined) return asked;
  const type = negotiate(c.req.header('accept'), Object.values(EVENT_MEDIA_TYPES));
  return FORMATS.find(format => EVENT_MEDIA_TYPES[format] === type)!;
}

/** What an answer may be, in the OpenAPI document. */
export const eventContent = <T>(schema: T): Record<string, T> =>
  Object.fromEntries(Object.values(EVENT_MEDIA_TYPES).map(type => [type, schema]));

/** A filter as the journal follows it for a principal; `undefined` for all flows. */
export function whereOf(filter: Filter, principal: Principal): Where | undefined {
  const seen = constrained(filter, principal);
  return seen.kind === 'all' ? undefined : { text: printQuery(seen), filter: seen };
}
