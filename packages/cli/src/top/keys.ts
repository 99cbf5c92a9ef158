/** Names of keys that are not a character. */
const SEQUENCES: Readonly<Record<string, string>> = {
  '[A': 'up',
  '[B': 'down',
  '[C': 'right',
  '[D': 'left',
  OA: 'up',
  OB: 'down',
  OC: 'right',
  OD: 'left',
  '[H': 'home',
  '[F': 'end',
  OH: 'home',
  OF: 'end',
  '[1~': 'home',
  '[4~': 'end',
  '[7~': 'home',
  '[8~': 'end',
  '[3~': 'delete',
  '[5~': 'pageup',
  '[6~': 'pagedown',
  '[Z': 'backtab',
  OP: 'f1',
  '[11~': 'f1',
  '[[A': 'f1',
  '[0n': 'shown',
};

const CONTROLS: Readonly<Record<string, string>> = {
  '\r': 'enter',
  '\n': 'enter',
  '\t': 'tab',
  '\x7f': 'backspace',
  '\b': 'backspace',
  '\x1b': 'escape',
  ' ': 'space',
};

/** The longest sequence that is waited for; a longer one is garbage. */
const LONGEST = 32;

/** What a terminal sends while a text is pasted. */
const PASTE = { begin: '\x1b[200~', end: '\x1b[201~' } as const;

/** A key: its name (`up`, `ctrl-c`, `a`), or a pasted text. `shown` is the terminal's answer that it has shown everything. */
export type Key = { readonly name: string } | { readonly pasted: string };

/** Splits what a terminal sends into keys. A sequence may come in several pieces. */
export class KeyReader {
  #rest = '';

  /** Returns the keys that the text completes. */
  read(text: string): Key[] {
    this.#rest += text;
    const keys: Key[] = [];
    for (;;) {
      const key = this.#next();
      if (key === undefined) return keys;
      keys.push(key);
    }
  }

  /** Whether a single Escape is waiting for a sequence that may follow. */
  get pending(): boolean {
    return this.#rest !== '';
  }

  /** Returns what waited as keys: nothing followed. */
  flush(): Key[] {
    const rest = this.#rest;
    this.#rest = '';
    return rest === '\x1b' ? [{ name: 'escape' }] : [];
  }

  #take(length: number): string {
    const taken = this.#rest.slice(0, length);
    this.#rest = this.#rest.slice(length);
    return taken;
  }

  #next(): Key | undefined {
    const rest = this.#rest;
    if (rest === '') return undefined;
    if (rest.startsWith(PASTE.begin)) {
      const end = rest.indexOf(PASTE.end);
      if (end < 0) return undefined;
      const text = this.#take(end + PASTE.end.length);
      return { pasted: text.slice(PASTE.begin.length, end) };
    }
    if (rest[0] === '\x1b') return this.#sequence();
    const sign = this.#take(String.fromCodePoint(rest.codePointAt(0)!).length);
    const code = sign.charCodeAt(0);
    return { name: CONTROLS[sign] ?? (code < 32 ? `ctrl-${String.fromCharCode(code + 96)}` : sign) };
  }

  #sequence(): Key | undefined {
    const rest = this.#rest;
    const [found] = /^\x1b(\[\[A|\[[0-9;:<=>?]*[ -/]*[@-~]|O.)/.exec(rest) ?? [];
    if (found !== undefined) {
      this.#take(found.length);
      return { name: SEQUENCES[found.slice(1)] ?? 'unknown' };
    }
    if (/^\x1b(\[[0-9;:<=>?]*[ -/]*|O)?$/.test(rest) && rest.length < LONGEST) return undefined;
    this.#take(1);
    return { name: 'escape' };
  }
}
