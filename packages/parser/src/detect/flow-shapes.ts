import type { FlowFormat, TextFormat } from '../core/formats.js';

/** What the first telling line of a format looks like, without the prefix of events. */
export type Shapes<Format extends TextFormat> = readonly (readonly [Format, RegExp])[];

/** The columns of a flow's line, up to its first pair: layer 3, layer 4, timeout, state. */
export const COLUMNS =
  /^(ipv4 +2 +|ipv6 +10 +)?([a-z][\w.-]*)( +)(\d{1,3})(?: +-?\d+)?(?: +(?:[A-Z][\w-]*|\d+))? +(?=src=|timeout=)/;

/** Formats that both flows and expectations have. */
export const COMMON_SHAPES: Shapes<'xml' | 'ndjson'> = [
  ['xml', /^\s*<(?:\?xml|!--|conntrack>|flow|expect>)/],
  ['ndjson', /^\s*\{/],
];
/** Formats of flows: `/proc`'s lines and conntrack(8)'s are read as one. */
export const FLOW_SHAPES: Shapes<FlowFormat> = [
  // Loosely, so that a first line with a fault in its columns is told where that is.
  ['conntrack', /^[a-z][\w.-]* +\d.*? src=/],
  ['save', /^-[AUD] /],
  ...COMMON_SHAPES,
];

/** The format of a line, which has no prefix. */
export const shapeOf = <Format extends TextFormat>(shapes: Shapes<Format>, line: string): Format | undefined =>
  shapes.find(([, shape]) => shape.test(line))?.[0];
