import type { OptionKeys } from '@conntrack/flow';
import type { CompileOptions } from './compile.js';
import type { CompleteOptions } from './complete.js';
import type { QueryOptions } from './query.js';
import type { ParseOptions } from './report.js';

/** The options of each public function. */
export const PARSE: OptionKeys<ParseOptions> = { purpose: ['read', 'change'], labels: 0, limits: 0 };
export const QUERY: OptionKeys<QueryOptions> = { ...PARSE, params: 0 };
export const COMPILE: OptionKeys<CompileOptions> = { labels: 0, now: 0 };
export const COMPLETE: OptionKeys<CompleteOptions> = { syntax: ['query', 'expression'], labels: 0, params: 0 };
