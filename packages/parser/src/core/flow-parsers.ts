import type { Flow, FlowEvent } from '@conntrack/flow';
import { ParseError } from './error.js';
import type { ParseOptions } from './options.js';
import { makeParsers, type Parsers } from './parsers.js';
import type { Kind } from './text-reader.js';

/** What an entry point reads flows from. */
type Source = Omit<Kind<Flow, Flow>, 'make'>;

/** The parsers of flows and events for the formats of one entry point. */
export interface FlowParsers {
  readonly flows: Parsers<Flow>;
  readonly events: Parsers<FlowEvent>;
  /** Parses one line as a flow. */
  line(text: string, options?: ParseOptions): Flow;
}

/** Makes the parsers of an entry point. */
export function flowParsers(source: Source): FlowParsers {
  const flows = makeParsers<Flow, Flow>({ ...source, make: flow => flow });
  const events = makeParsers<Flow, FlowEvent>({
    ...source,
    make: (flow, { event: type, time }) => type && (time === undefined ? { type, flow } : { type, flow, time }),
  });
  return {
    flows,
    events,
    line(text, options) {
      const [flow] = flows.text(text, { ...options, mode: 'strict' });
      if (flow === undefined) throw new ParseError('TUPLE_EXPECTED', 1, 1, 'a flow', text);
      return flow;
    },
  };
}
