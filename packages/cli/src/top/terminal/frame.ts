/** Control sequences of terminals (ECMA-48, and DEC private modes). */
const SYNC = { begin: '\x1b[?2026h', end: '\x1b[?2026l' } as const;
const CLEAR_REST = '\x1b[K';

/** Asks the terminal for a sign of life (DSR). It answers when it has shown everything before. */
export const ASK = '\x1b[5n';

/** Takes over the screen: the alternate one, no text cursor, no wrapping, pasted text is marked. */
export const ENTER = '\x1b[?1049h\x1b[?25l\x1b[?7l\x1b[?2004h\x1b[H\x1b[2J';
/** Gives the screen back as it was. */
export const LEAVE = '\x1b[?2026l\x1b[?2004l\x1b[?7h\x1b[m\x1b[?25h\x1b[?1049l';

/** Length from which a part of a frame is written by itself, so that a slow line can be given something newer instead of the rest. */
const PART = 1024;

/** Finds what to write so that a terminal shows a screen: only lines that differ from what it shows, and in parts. */
export class FrameWriter {
  #shown: string[] = [];
  /** Where the next part begins, so that on a slow line every part of the screen gets its turn. */
  #next = 0;

  /** Returns the next part of what to write, and counts it as shown; nothing if the terminal shows these lines. */
  part(lines: readonly string[]): string {
    const from = this.#next < lines.length ? this.#next : 0;
    let out = '';
    for (let i = 0; i < lines.length && out.length < PART; i++) {
      const at = (from + i) % lines.length;
      this.#next = at + 1;
      const line = lines[at]!;
      if (line === this.#shown[at]) continue;
      this.#shown[at] = line;
      // Unstyled spaces at the end are shorter as a command.
      const short = line.trimEnd();
      out += `\x1b[${at + 1};1H${short}${short.length < line.length ? CLEAR_REST : ''}`;
    }
    if (out === '') this.#next = 0;
    return out === '' ? '' : SYNC.begin + out + SYNC.end;
  }

  /** Forgets what the terminal shows: every line is written again. */
  forget(): void {
    this.#shown = [];
    this.#next = 0;
  }
}
