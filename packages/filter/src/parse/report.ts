import type { LabelMap } from '@conntrack/flow';
import type { OptionKeys } from '@conntrack/flow/checks';
import { checkKeys, nearest, orList } from '@conntrack/flow/checks';
import type { Filter, Test } from '../language/ast.js';
import type { FieldTable } from '../language/field.js';
import { type FieldName, FLOW_FIELDS } from '../language/field-table.js';
import { FilterError, type FilterIssue, type FilterIssueCode, printable, snippetOf } from './issue.js';

/** The options of the parsers. */
export const PARSE: OptionKeys<ParseOptions> = {
  purpose: ['read', 'change'],
  labels: 0,
  limits: 0,
  fields: 0,
};

/** The limits of a filter's text. */
export interface FilterLimits {
  /** Maximum number of UTF-16 units. */
  text: number;
  /** Maximum number of predicates. */
  predicates: number;
  /** Maximum number of values in one list. */
  values: number;
  /** Maximum depth of nested parentheses and `not`s. */
  depth: number;
}

/** The default limits: 8 KiB of text, 64 predicates, 1,000 values in a list, depth 16. */
export const DEFAULT_LIMITS: Readonly<FilterLimits> = Object.freeze({
  text: 8192,
  predicates: 64,
  values: 1000,
  depth: 16,
});

/** The options of both parsers. */
export interface ParseOptions<Name extends string = FieldName> {
  /** What the filter is for. A prefix with host bits is a warning for `read` (default), and an error for `change`. */
  purpose?: 'read' | 'change';
  /** Names of labels. With a map, a name that the map does not have is an error. */
  labels?: LabelMap;
  /** Limits that differ from {@link DEFAULT_LIMITS}. */
  limits?: Partial<FilterLimits>;
  /** The fields that the filter can be about, from `defineFields`. Default: the fields of conntrack. */
  fields?: FieldTable<Name>;
}

/** A parsed filter, and its warnings. */
export interface ParsedFilter<Name extends string = FieldName> {
  /** The filter, in normal form. */
  filter: Filter<Name>;
  /** Faults that do not prevent using the filter. */
  warnings: FilterIssue[];
}

const LIMITS: OptionKeys<FilterLimits> = { text: 0, predicates: 0, values: 0, depth: 0 };

const MOST_ISSUES = 100;
/** A longer list of choices is only in `expected`, not in the message. */
const MOST_CHOICES = 8;

/** A place in a text. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

/** A fault: code, place, sentence, suggestions, and what could be there. */
type Fault = [
  code: FilterIssueCode,
  place: Span,
  sentence: string,
  suggestions?: readonly string[],
  expected?: readonly string[],
];

/** The end of a message: the suggestions, or else what could be there. */
export const choices = (suggestions: readonly string[], expected: readonly string[]): string =>
  suggestions.length > 0
    ? `. Did you mean ${orList(suggestions)}?`
    : expected.length > 0 && expected.length <= MOST_CHOICES
      ? `; expected ${orList(expected)}`
      : '';

/** Thrown by `fail` and caught by `attempt`. */
class Abandoned {}

/**
 * Collects the faults and warnings of one text, and enforces its limits. Places are those of the decoded text, which is parsed.
 *
 * After `fault`, parsing continues. `fail` and `abandon` (which reports nothing) give up the part that the innermost `attempt` parses.
 * `stop` gives up the whole text.
 */
export class Report {
  readonly limits: FilterLimits;
  readonly fields: FieldTable;
  /** The place of each test, for faults between tests. */
  readonly spans = new Map<Test, Span>();
  /** For each place of a percent-decoded text (its end included), the place in the original text. Absent if both are equal. */
  offsets?: readonly number[];
  readonly #errors: FilterIssue[] = [];
  readonly #warnings: FilterIssue[] = [];

  constructor(
    readonly text: string,
    readonly options: ParseOptions<string>,
  ) {
    checkKeys('limits', options.limits, LIMITS);
    this.limits = { ...DEFAULT_LIMITS, ...options.limits };
    this.fields = options.fields ?? FLOW_FIELDS;
  }

  #add(issues: FilterIssue[], [code, { start, end }, sentence, suggestions = [], expected = []]: Fault): void {
    const message = printable(sentence + choices(suggestions, expected));
    const offset = this.offsets?.[start] ?? start;
    const length = (this.offsets?.[end] ?? end) - offset;
    const snippet = snippetOf(this.text, offset, length, message);
    const more = { ...(expected.length > 0 && { expected }), ...(suggestions.length > 0 && { suggestions }) };
    issues.push({ code, message, offset, length, snippet, ...more });
  }

  fault(...fault: Fault): void {
    const full = this.#errors.length === MOST_ISSUES;
    this.#add(this.#errors, full ? ['too-many-issues', fault[1], 'too many errors; the rest is not shown'] : fault);
    if (full) this.finish();
  }

  fail(...fault: Fault): never {
    this.fault(...fault);
    return this.abandon();
  }

  abandon(): never {
    throw new Abandoned();
  }

  stop(...fault: Fault): void {
    this.fault(...fault);
    this.finish();
  }

  attempt<T>(read: () => T): T | undefined {
    try {
      return read();
    } catch (error) {
      if (error instanceof Abandoned) return undefined;
      throw error;
    }
  }

  /** Fails for a name that is not among the known ones. */
  unknown(
    what: 'field' | 'function' | 'operator' | 'value',
    name: Span & { readonly text: string },
    names: readonly string[],
    expected: readonly string[] = names,
    called: string = what,
  ): never {
    this.fail(`unknown-${what}`, name, `unknown ${called} '${name.text}'`, nearest(name.text, names), expected);
  }

  warn(...warning: Fault): void {
    if (this.#warnings.length < MOST_ISSUES) this.#add(this.#warnings, warning);
  }

  get failed(): boolean {
    return this.#errors.length > 0;
  }

  /** Returns the warnings; throws an error if there are faults. */
  finish(): FilterIssue[] {
    const issues = (this.failed ? this.#errors : this.#warnings).sort((a, b) => a.offset - b.offset);
    if (this.failed) throw new FilterError(issues);
    return issues;
  }
}

/** Makes a report on a text. @throws {FilterError} if the text is too long to be parsed, or not valid Unicode */
export function reportOn(text: string, options: ParseOptions<string>): Report {
  const report = new Report(text, options);
  const { text: start } = report.limits;
  const end = text.length;
  if (end > start)
    report.stop('too-long', { start, end }, `a filter can have at most ${start} characters, this one ${end}`);
  const half = text.search(/\p{Cs}/u);
  if (half >= 0) report.stop('bad-encoding', { start: half, end: half + 1 }, 'half of a surrogate pair');
  return report;
}
