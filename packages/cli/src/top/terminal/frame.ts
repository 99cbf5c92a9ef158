/** Control sequences of terminals (ECMA-48, and DEC private modes). */
const SYNC = { begin: '\x1b[?2026h', end: '\x1b[?2026l' } as const;
const CLEAR_REST = '\x1b[K';

/** Takes over the screen: the alternate one, no text cursor, no wrapping, pasted text is marked. */
export const ENTER = '\x1b[?1049h\x1b[?25l\x1b[?7l\x1b[?2004h\x1b[H\x1b[2J';
/** Gives the screen back as it was. */
export const LEAVE = '\x1b[?2026l\x1b[?2004l\x1b[?7h\x1b[m\x1b[?25h\x1b[?1049l';

/** Writes only the lines of a screen that differ from those that the terminal shows. */
export class FrameWriter {
  #shown: readonly string[] = [];

  /** Returns what to write so that the terminal shows these lines; nothing if it does. */
  frame(lines: readonly string[]): string {
    let out = '';
    for (const [i, line] of lines.entries()) {
      if (line === this.#shown[i]) continue;
      // Unstyled spaces at the end are shorter as a command.
      const short = line.trimEnd();
      out += `\x1b[${i + 1};1H${short}${short.length < line.length ? CLEAR_REST : ''}`;
    }
    this.#shown = [...lines];
    return out === '' ? '' : SYNC.begin + out + SYNC.end;
  }

  /** Forgets what the terminal shows: the next frame has every line. */
  forget(): void {
    this.#shown = [];
  }
}
