import { EVENT_TYPES, type FlowEventType } from '@conntrack/flow';
import { EVENT_MEDIA_TYPES, type EventFormat } from '../events/records.js';
import { negotiate } from '../http/accept.js';
import { oneOf, type Parameter, ParameterFault } from '../http/parameters.js';

// What streams of events, of flows and of expectations, are asked with.

const FORMATS = Object.keys(EVENT_MEDIA_TYPES) as readonly EventFormat[];

/** `format=` */
export const formatParameter = oneOf('The format, where Accept is inconvenient', FORMATS);

/** `types=` */
export const typesParameter: Parameter<readonly FlowEventType[]> = {
  description: `Which events: ${EVENT_TYPES.join(', ')}; all unless said`,
  schema: { type: 'string', example: 'new,destroy' },
  read(text) {
    const words = text.split(',');
    const wrong = words.find(word => !(EVENT_TYPES as readonly string[]).includes(word));
    if (wrong !== undefined) throw new ParameterFault(`'${wrong}' is none of ${EVENT_TYPES.join(', ')}`, EVENT_TYPES);
    return EVENT_TYPES.filter(type => words.includes(type));
  },
};

/** The format that Accept asks for. */
export const formatOf = (accept: string | undefined): EventFormat => {
  const type = negotiate(accept, Object.values(EVENT_MEDIA_TYPES));
  return FORMATS.find(format => EVENT_MEDIA_TYPES[format] === type)!;
};
