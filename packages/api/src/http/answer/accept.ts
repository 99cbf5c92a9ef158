import { Problem } from '../problem/problems.js';

interface Range {
  type: string;
  q: number;
  /** Precedence: a named type before `text/*`, and that before any type. */
  specificity: number;
}

/** The media ranges of an Accept header (RFC 9110, 12.5.1), without parameters other than `q`. */
function parse(header: string): Range[] {
  return header.split(',').map(part => {
    const [type, ...parameters] = part
      .trim()
      .toLowerCase()
      .split(/\s*;\s*/);
    const q = parameters.find(parameter => parameter.startsWith('q='));
    const weight = q === undefined ? 1 : Number(q.slice(2));
    const specificity = type === '*/*' ? 0 : type!.endsWith('/*') ? 1 : 2;
    return { type: type!, q: weight >= 0 && weight <= 1 ? weight : 0, specificity };
  });
}

const matches = (range: Range, type: string): boolean =>
  range.specificity === 0 || (range.specificity === 1 ? type.startsWith(range.type.slice(0, -1)) : range.type === type);

/**
 * The type among `available` that the client prefers. Of types that it prefers equally, the first one in `available`.
 *
 * @throws Problem `not-acceptable`, with the available types
 */
export function negotiate(header: string | undefined, available: readonly string[]): string {
  if (header === undefined || header.trim() === '') return available[0]!;
  const ranges = parse(header);
  let best: string | undefined;
  let bestQ = 0;
  for (const type of available) {
    const fitting = ranges
      .filter(range => matches(range, type))
      .sort((one, other) => other.specificity - one.specificity);
    const q = fitting[0]?.q ?? 0;
    if (q > bestQ) [best, bestQ] = [type, q];
  }
  if (best === undefined)
    throw new Problem(
      'not-acceptable',
      `the Accept header matches no available type. Available: ${available.join(', ')}`,
      { available: [...new Set(available)] },
    );
  return best;
}
