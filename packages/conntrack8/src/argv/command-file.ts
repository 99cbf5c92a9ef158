/**
 * Splits a line of a file for `-R` into words. Words are separated by blanks and quoted with `"`; inside quotes, `\`
 * escapes the next character. An empty line, or one that starts with `#`, has no words. An unclosed quote ends with the
 * line.
 */
export function splitCommandLine(line: string): string[] {
  if (/^\s*(?:#|$)/.test(line)) return [];
  const words: string[] = [];
  let word: string | undefined;
  let quoted = false;
  for (let i = 0; i < line.length; i++) {
    const letter = line[i]!;
    if (quoted && letter === '\\' && i + 1 < line.length) word += line[++i]!;
    else if (letter === '"') {
      quoted = !quoted;
      word ??= '';
    } else if (!quoted && /\s/.test(letter)) {
      if (word !== undefined) words.push(word);
      word = undefined;
    } else word = (word ?? '') + letter;
  }
  if (word !== undefined) words.push(word);
  return words;
}
