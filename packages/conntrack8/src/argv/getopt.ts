import type { Argument } from './options.js';

/** An option for getopt_long(3). Aliases share an `id`. */
export interface GetoptOption {
  readonly id: string;
  readonly letter?: string;
  readonly longs: readonly string[];
  readonly argument: Argument;
}

/** The result of one step of a scan. `word` is the word for messages. */
export type Found =
  | { readonly kind: 'option'; readonly id: string; readonly argument: string | undefined }
  | { readonly kind: 'unknown'; readonly word: string }
  | { readonly kind: 'missing'; readonly word: string };

/**
 * GNU getopt_long(3) with permutation and without messages: words that are not options are moved behind the options,
 * long options can be abbreviated, and `--` ends the options. `argv[0]` is the program.
 */
export class Getopt {
  readonly argv: string[];
  /** Index of the next word, as in C. */
  optind = 1;
  #first = 1;
  #last = 1;
  #rest = '';

  constructor(argv: readonly string[]) {
    this.argv = [...argv];
  }

  /** Scans the next option. Returns `undefined` at the end. */
  next(options: readonly GetoptOption[]): Found | undefined {
    if (this.#rest === '') {
      const word = this.#advance();
      if (word === undefined) return undefined;
      if (word.startsWith('--')) return this.#long(word.slice(2), options);
      this.#rest = word.slice(1);
    }
    return this.#short(options);
  }

  /** The word that a message about the last option names. */
  #word(): string {
    return this.argv[this.optind - 1] ?? '';
  }

  /** Skips words that are not options. Returns the next option's word, or `undefined` at the end. */
  #advance(): string | undefined {
    const { argv } = this;
    if (this.#last > this.optind) this.#last = this.optind;
    if (this.#first > this.optind) this.#first = this.optind;
    if (this.#first !== this.#last && this.#last !== this.optind) this.#exchange();
    else if (this.#last !== this.optind) this.#first = this.optind;
    while (this.optind < argv.length && !isOption(argv[this.optind]!)) this.optind++;
    this.#last = this.optind;
    if (argv[this.optind] === '--') {
      this.optind++;
      if (this.#first !== this.#last && this.#last !== this.optind) this.#exchange();
      else if (this.#first === this.#last) this.#first = this.optind;
      this.#last = argv.length;
      this.optind = argv.length;
    }
    if (this.optind < argv.length) return argv[this.optind];
    if (this.#first !== this.#last) this.optind = this.#first;
    return undefined;
  }

  /** Moves the skipped words behind the options that followed them. */
  #exchange(): void {
    const { argv } = this;
    const options = argv.splice(this.#last, this.optind - this.#last);
    argv.splice(this.#first, 0, ...options);
    this.#first += this.optind - this.#last;
    this.#last = this.optind;
  }

  #long(text: string, options: readonly GetoptOption[]): Found {
    this.optind++;
    const equals = text.indexOf('=');
    const name = equals < 0 ? text : text.slice(0, equals);
    const matches = options.filter(({ longs }) => longs.includes(name));
    const found =
      matches.length > 0 ? matches : options.filter(({ longs }) => longs.some(long => long.startsWith(name)));
    const option = found[0];
    if (option === undefined || found.some(({ id }) => id !== option.id))
      return { kind: 'unknown', word: this.#word() };
    let argument = equals < 0 ? undefined : text.slice(equals + 1);
    if (argument !== undefined && option.argument === 'none') return { kind: 'unknown', word: this.#word() };
    if (argument === undefined && option.argument === 'required') {
      if (this.optind >= this.argv.length) return { kind: 'missing', word: this.#word() };
      argument = this.argv[this.optind++];
    }
    return { kind: 'option', id: option.id, argument };
  }

  #short(options: readonly GetoptOption[]): Found {
    const letter = this.#rest[0]!;
    this.#rest = this.#rest.slice(1);
    const option = options.find(each => each.letter === letter);
    if (this.#rest === '') this.optind++;
    if (option === undefined) return { kind: 'unknown', word: this.#word() };
    if (option.argument === 'none') return { kind: 'option', id: option.id, argument: undefined };
    if (this.#rest !== '') {
      const argument = this.#rest;
      this.#rest = '';
      this.optind++;
      return { kind: 'option', id: option.id, argument };
    }
    if (option.argument === 'optional') return { kind: 'option', id: option.id, argument: undefined };
    if (this.optind >= this.argv.length) return { kind: 'missing', word: this.#word() };
    return { kind: 'option', id: option.id, argument: this.argv[this.optind++] };
  }

  /** Takes the next word as an optional argument, unless it is an option or negated. */
  optionalWord(): string | undefined {
    const word = this.argv[this.optind];
    if (this.#rest !== '' || word === undefined || word.startsWith('-') || word.startsWith('!')) return undefined;
    this.optind++;
    return word;
  }

  /** The words that belong to no option. Valid at the end of the scan. */
  operands(): string[] {
    return this.argv.slice(this.optind);
  }
}

const isOption = (word: string): boolean => word.startsWith('-') && word.length > 1;
