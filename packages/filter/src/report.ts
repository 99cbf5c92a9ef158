import type { LabelMap } from '@conntrack/flow';
import type { Filter, Test } from './ast.js';
import { FilterError, type FilterIssue, type FilterIssueCode, printable, snippetOf } from './issue.js';
import { didYouMean, nearest } from './suggest.js';

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

/** What was likely meant; as a function where it costs: that is called only when the fault is kept. */
export type Suggestions = readonly string[] | (() => readonly string[]);

const MOST_ISSUES = 100;

type Found = Omit<FilterIssue, 'snippet'>;

/** Collects the faults, warnings and limits of one text. Places are those of the text as it is parsed, decoded. */
export class Report {
  readonly limits: FilterLimits;
  /** Where each test stands, for faults between tests. */
  readonly spans = new Map<Test, readonly [start: number, end: number]>();
  /** For each place of a percent-decoded text (its end included) the place in the text as given; the same when absent. */
  offsets?: readonly number[];
  readonly #errors: Found[] = [];
  readonly #warnings: Found[] = [];

  constructor(
    readonly text: string,
    readonly options: ParseOptions,
  ) {
    this.limits = { ...DEFAULT_LIMITS, ...options.limits };
  }

  #add(
    list: Found[],
    code: FilterIssueCode,
    start: number,
    end: number,
    message: string,
    meant: Suggestions = [],
    expected?: readonly string[],
  ): undefined {
    if (list.length > MOST_ISSUES) return;
    const full = list.length === MOST_ISSUES;
    const suggestions = full ? [] : typeof meant === 'function' ? meant() : meant;
    const offset = this.offsets?.[start] ?? start;
    list.push({
      code: full ? 'too-many-issues' : code,
      message: full ? 'too many faults; the rest is not shown' : printable(message + didYouMean(suggestions)),
      offset,
      length: (this.offsets?.[end] ?? end) - offset,
      ...(!full && expected && { expected }),
      ...(suggestions.length > 0 && { suggestions }),
    });
  }

  /** A fault. */
  fail(
    code: FilterIssueCode,
    start: number,
    end: number,
    message: string,
    suggestions?: Suggestions,
    expected?: readonly string[],
  ): undefined {
    this.#add(this.#errors, code, start, end, message, suggestions, expected);
  }

  /** A name that is none of those that could stand there. */
  unknown(
    what: 'field' | 'function' | 'operator',
    text: string,
    start: number,
    names: () => readonly string[],
    expected?: readonly string[],
  ): undefined {
    const message = `unknown ${what} '${text}'`;
    this.fail(`unknown-${what}`, start, start + text.length, message, () => nearest(text, names()), expected);
  }

  warn(code: FilterIssueCode, start: number, end: number, message: string): void {
    if (this.#warnings.length < MOST_ISSUES) this.#add(this.#warnings, code, start, end, message);
  }

  /** Whether the text is short enough to be looked at. */
  fits(): boolean {
    const { text } = this.limits;
    const end = this.text.length;
    if (end > text) this.fail('too-long', text, end, `a filter has at most ${text} characters, this one ${end}`);
    return end <= text;
  }

  get failed(): boolean {
    return this.#errors.length > 0;
  }

  /** The warnings; throws the faults, if there are any. */
  finish(): FilterIssue[] {
    const issues = (this.failed ? this.#errors : this.#warnings)
      .sort((a, b) => a.offset - b.offset)
      .map(issue => ({ ...issue, snippet: snippetOf(this.text, issue.offset, issue.length, issue.message) }));
    if (this.failed) throw new FilterError(issues);
    return issues;
  }
}
