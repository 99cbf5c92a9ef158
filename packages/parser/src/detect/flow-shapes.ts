import type { FlowFormat, TextFormat } from '../core/formats.js';

/** How the first characteristic line of each format looks, without the prefix of events. */
export type Shapes<Format extends TextFormat> = readonly (readonly [Format, RegExp])[];

/** The columns of a flow's line before its first pair: layer 3, layer 4, timeout, state. */
export const COLUMNS =
  /^(ipv4 +2 +|ipv6 +10 +)?([a-z][\w.-]*)( +)(\d{1,3})(?: +-?\d+)?(?: +(?:[A-Z][\w-]*|\d+))? +(?=src=|timeout=)/;

/** Formats that both flows and expectations have. */
export const COMMON_SHAPES: Shapes<'xml' | 'ndjson'> = [
  ['xml', /^\s*<(?:\?xml|!--|conntrack>|flow|expect>)/],
  ['ndjson', /^\s*\{/],
];
/** Formats of flows. Lines of `/proc` and of conntrack(8) have one reader. */
export const FLOW_SHAPES: Shapes<FlowFormat> = [
  // Loose, so that a first line with a fault in its columns still gets an error that says where the fault is.
  ['conntrack', /^[a-z][\w.-]* +\d.*? src=/],
  ['save', /^-[AUD] /],
  ...COMMON_SHAPES,
];

/** Returns the format of a line, which must not have an event prefix. */
export const shapeOf = <Format extends TextFormat>(shapes: Shapes<Format>, line: string): Format | undefined =>
  shapes.find(([, shape]) => shape.test(line))?.[0];
