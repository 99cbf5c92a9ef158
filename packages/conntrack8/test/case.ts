/** A command line for both programs. */
export interface Case {
  readonly argv: readonly string[];
  /** Standard input, for `-R -`. */
  readonly input?: string;
}

/** Makes a case from a line of words separated by spaces; `''` is the empty word. */
export const line = (text: string): Case => ({
  argv: text.split(' ').map(word => (word === "''" ? '' : word)),
});

/** Makes cases from a text with one per line. */
export const cases = (text: string): Case[] =>
  text
    .split('\n')
    .map(one => one.trim())
    .filter(one => one !== '')
    .map(line);

/** A case as a person would type it. */
export const shown = ({ argv, input }: Case): string =>
  `conntrack ${argv.map(word => (/^[\w./:,=@%+-]+$/.test(word) ? word : `'${word}'`)).join(' ')}${input === undefined ? '' : ` <<< ${JSON.stringify(input)}`}`;
