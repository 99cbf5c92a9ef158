import type { Flow } from '@conntrack/flow';
import { printable } from '@conntrack/flow/text';

/** Returns the name of the token at `at` of a written line, as in {@link ExtraToken.after}, and the index of its end. */
function tokenAt(line: string, at: number, direction: string): { name: string; end: number } {
  const space = line.indexOf(' ', at);
  let end = space < 0 ? line.length : space;
  const token = line.slice(at, end);
  if (token.startsWith('[start=') || token.startsWith('[stop=')) {
    end = line.indexOf(']', at) + 1;
    return { name: token.startsWith('[start=') ? '[start]' : '[stop]', end };
  }
  const equals = token.indexOf('=');
  if (equals > 0) {
    const key = token.slice(0, equals);
    return { name: LATER.has(key) ? key : `${direction}.${key}`, end };
  }
  if (token.startsWith('[') || token === 'labels') return { name: token, end };
  return { name: /^\d+$/.test(token) ? 'timeout' : 'state', end };
}

/** Keys of the flow, not of a tuple, without a tuple part of the same name. */
const LATER = new Set([
  'mark',
  'secmark',
  'secctx',
  'zone',
  'delta-time',
  'helper',
  'use',
  'labels',
  'portid',
  'progname',
]);

/**
 * Puts a flow's extra tokens back in their places. `line` is the flow's line without them, `columns` the length of its protocol columns. An
 * extra token goes to the end if the token before it is not in this format.
 */
export function insertExtra(line: string, columns: number, flow: Flow): string {
  const left = (flow.extra ?? []).filter(token => token.after !== 'protocol');
  const takeAfter = (name: string): string => {
    let text = '';
    for (let i = 0; i < left.length; )
      if (left[i]!.after === name) text += ` ${printable(left.splice(i, 1)[0]!.text)}`;
      else i++;
    return text;
  };
  let text = line.slice(0, columns) + takeAfter('protonum');
  let direction: '' | 'original' | 'reply' = '';
  let hasId = false;
  for (let at = columns + 1; at < line.length; ) {
    if (line.startsWith('src=', at)) {
      direction = direction === '' ? 'original' : 'reply';
      hasId = flow[direction].id !== undefined;
    }
    const { name, end } = tokenAt(line, at, direction);
    // ICMP's identifier belongs to its tuple; a later `id=` is the flow's.
    const isId = name.endsWith('.id');
    text += line.slice(at - 1, end) + takeAfter(isId && !hasId ? 'id' : name);
    if (isId) hasId = false;
    at = end + 1;
  }
  for (const token of left) text += ` ${printable(token.text)}`;
  return text;
}
