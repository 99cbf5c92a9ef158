import type { LabelMap } from '@conntrack/flow';
import type { OptionKeys } from '@conntrack/flow/checks';
import { checkKeys, nearest, orList } from '@conntrack/flow/checks';
import type { Filter, Test } from '../language/ast.js';
import type { FieldTable } from '../language/field.js';
import { type FieldName, FLOW_FIELDS } from '../language/field-table.js';
import { FilterError, type FilterIssue, type FilterIssueCode, printable, snippetOf } from './issue.js';

/** The options of what reads a filter. */
export const PARSE: OptionKeys<ParseOptions> = {
  purpose: ['read', 'change'],
  labels: 0,
  limits: 0,
  fields: 0,
};

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
export interface ParseOptions<Name extends string = FieldName> {
  /** What the filter is for. A prefix with host bits is a warning when reading (the default), and an error when flows are to be changed. */
  purpose?: 'read' | 'change';
  /** Names of labels. With a map, a name that is not in it is an error. */
  labels?: LabelMap;
  limits?: Partial<FilterLimits>;
  /** The fields that the text is about: those of `defineFields`. conntrack's when absent. */
  fields?: FieldTable<Name>;
}

/** A filter that was read, and what is doubtful about it. */
export interface ParsedFilter<Name extends string = FieldName> {
  /** In normal form. */
  filter: Filter<Name>;
  warnings: FilterIssue[];
}

const LIMITS: OptionKeys<FilterLimits> = { text: 0, predicates: 0, values: 0, depth: 0 };

const MOST_ISSUES = 100;
/** Longer lists of choices are in `expected` alone, not in the message. */
const MOST_CHOICES = 8;

/** A place in a text. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

/** What is wrong: code, place, a sentence, what was likely meant, and what could stand there. */
type Fault = [
  code: FilterIssueCode,
  place: Span,
  sentence: string,
  suggestions?: readonly string[],
  expected?: readonly string[],
];

/** The end of a message: what was likely meant, or else what could stand there. */
export const choices = (suggestions: readonly string[], expected: readonly string[]): string =>
  suggestions.length > 0
    ? `. Did you mean ${orList(suggestions)}?`
    : expected.length > 0 && expected.length <= MOST_CHOICES
      ? `; expected ${orList(expected)}`
      : '';

/** What `fail` throws and `attempt` catches. */
class Abandoned {}

/**
 * Collects the faults and warnings of one text, and knows its limits. Places are those of the text as it is parsed, decoded. After a
 * `fault` reading goes on; `fail` abandons (and `abandon` does so alone) what the innermost `attempt` reads, `stop` the whole text.
 */
export class Report {
  readonly limits: FilterLimits;
  readonly fields: FieldTable;
  /** Where each test stands, for faults between tests. */
  readonly spans = new Map<Test, Span>();
  /** For each place of a percent-decoded text (its end included) the place in the text as given; the same when absent. */
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

  /** Fails for a name that is none of those that could stand there. */
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

  /** The warnings; throws the faults, if there are any. */
  finish(): FilterIssue[] {
    const issues = (this.failed ? this.#errors : this.#warnings).sort((a, b) => a.offset - b.offset);
    if (this.failed) throw new FilterError(issues);
    return issues;
  }
}

/** A report on a text. @throws {FilterError} of one that is too long to be looked at, or no Unicode */
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
