/**
 * The words of one line of a file for `-R`: separated by blanks, quoted by `"`, with `\` before what stands for itself inside quotes. A line that
 * begins with `#`, and an empty one, has none. A quote that is not closed ends with the line.
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
