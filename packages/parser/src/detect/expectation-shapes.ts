import { COMMON_SHAPES, type Shapes } from './flow-shapes.js';

/** The formats of expectations. */
export const EXPECTATION_SHAPES: Shapes<'expectations' | 'proc_expectations' | 'xml' | 'ndjson'> = [
  ['proc_expectations', /^(?:(?:\d+|-) l3proto = \d+ proto=\d+ |EXPECTING: )/],
  ['expectations', /^(?:\d+|-) proto=\d+ src=/],
  ...COMMON_SHAPES,
];
