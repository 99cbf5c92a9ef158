import type { LabelMap } from '@conntrack/flow';
import type { Filter, Test } from './ast.js';
import { FilterError, type FilterIssue, type FilterIssueCode, printable, snippetOf } from './issue.js';
import { didYouMean } from './suggest.js';

/** How much a text may ask for. */
export interface FilterLimits {
  /** UTF-16 units of text. */
  text: number;
  predicates: number;
  /** Values in one list. */
  values: number;
  /** Parentheses and `not`s in one another. */
  depth: number;
}

/** 8 KiB of text, 64 predicates, 1,000 values in a list, nesting 16. */
export const DEFAULT_LIMITS: Readonly<FilterLimits> = Object.freeze({
  text: 8192,
  predicates: 64,
  values: 1000,
  depth: 16,
});

/** What both parsers take. */
export interface ParseOptions {
  /** What the filter is for. A prefix with host bits is a warning when reading (the default), and an error when flows are to be changed. */
  purpose?: 'read' | 'change';
  /** Names of labels. With a map, a name that is not in it is an error. */
  labels?: LabelMap;
  limits?: Partial<FilterLimits>;
}

/** A filter that was read, and what is doubtful about it. */
export interface ParsedFilter {
  /** In normal form. */
  filter: Filter;
  warnings: FilterIssue[];
}

/** A stretch of text. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

/** What was likely meant; as a function where it costs: that is called only when the fault is kept. */
export type Suggestions = readonly string[] | (() => readonly string[]);

const MOST_ISSUES = 100;

type Found = Omit<FilterIssue, 'snippet'>;

function found(
  code: FilterIssueCode,
  { start, end }: Span,
  message: string,
  meant: Suggestions = [],
  expected?: readonly string[],
): Found {
  const suggestions = typeof meant === 'function' ? meant() : meant;
  return {
    code,
    message: printable(message + didYouMean(suggestions)),
    offset: start,
    length: end - start,
    ...(expected && { expected }),
    ...(suggestions.length > 0 && { suggestions }),
  };
}

/** Collects the faults, warnings and limits of one text. */
export class Report {
  readonly limits: FilterLimits;
  /** Where each test stands, for faults between tests. */
  readonly spans = new Map<Test, Span>();
  #errors: Found[] = [];
  readonly #warnings: Found[] = [];
  #predicates = 0;

  constructor(
    readonly text: string,
    readonly options: ParseOptions,
  ) {
    this.limits = { ...DEFAULT_LIMITS, ...options.limits };
  }

  /** A fault; the span's places are those of the text as given. */
  fail(code: FilterIssueCode, span: Span, message: string, suggestions?: Suggestions, expected?: readonly string[]) {
    const { length } = this.#errors;
    if (length < MOST_ISSUES) this.#errors.push(found(code, span, message, suggestions, expected));
    else if (length === MOST_ISSUES)
      this.#errors.push(found('too-many-issues', span, 'too many faults; the rest is not shown'));
  }

  warn(code: FilterIssueCode, span: Span, message: string): void {
    if (this.#warnings.length < MOST_ISSUES) this.#warnings.push(found(code, span, message));
  }

  /** Counts one more predicate; false (and a fault, once) when there are too many. */
  predicate(span: Span): boolean {
    const { predicates } = this.limits;
    this.#predicates++;
    if (this.#predicates === predicates + 1)
      this.fail('too-many-predicates', span, `a filter has at most ${predicates} predicates`);
    return this.#predicates <= predicates;
  }

  /** Whether the text is short enough to be looked at. */
  fits(): boolean {
    const { text } = this.limits;
    if (this.text.length <= text) return true;
    const end = this.text.length;
    this.fail('too-long', { start: text, end }, `a filter has at most ${text} characters, this one ${end}`);
    return false;
  }

  get failed(): boolean {
    return this.#errors.length > 0;
  }

  /** The warnings; throws the faults, if there are any. */
  finish(): FilterIssue[] {
    if (this.#errors.length > 0)
      throw new FilterError(this.#errors.sort((a, b) => a.offset - b.offset).map(this.#show));
    return this.#warnings.sort((a, b) => a.offset - b.offset).map(this.#show);
  }

  readonly #show = (issue: Found): FilterIssue => ({
    ...issue,
    snippet: snippetOf(this.text, issue.offset, issue.length, issue.message),
  });
}

/** A piece of the text, decoded, that knows where it came from: faults are given in its own places. */
export class Scope {
  constructor(
    readonly report: Report,
    readonly base = 0,
    /** For each place of a percent-decoded piece (its end included) the place in the text; plain addition when absent. */
    readonly offsets?: readonly number[],
  ) {}

  at(place: number): number {
    return this.offsets === undefined ? this.base + place : this.offsets[place]!;
  }

  /** The same from a later place on. */
  from(place: number): Scope {
    return new Scope(this.report, this.base + place, this.offsets?.slice(place));
  }

  /** A span of this piece in places of the text. */
  spanOf({ start, end }: Span): Span {
    return { start: this.at(start), end: this.at(end) };
  }

  fail(
    code: FilterIssueCode,
    span: Span,
    message: string,
    suggestions?: Suggestions,
    expected?: readonly string[],
  ): undefined {
    this.report.fail(code, this.spanOf(span), message, suggestions, expected);
    return undefined;
  }

  warn(code: FilterIssueCode, span: Span, message: string): void {
    this.report.warn(code, this.spanOf(span), message);
  }
}
