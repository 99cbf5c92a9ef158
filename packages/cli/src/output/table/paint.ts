import type { Colors, Terminal } from '../../terminal/terminal.js';
import type { LaidColumn } from './layout.js';

/** How a state is colored: alive, not yet or no longer alive. */
function stateColor(state: string, colors: Colors): (text: string) => string {
  if (/^(ESTABLISHED|ASSURED|OPEN|PARTOPEN|SEEN_REPLY|HEARTBEAT_\w+)$/.test(state)) return colors.green;
  if (/^(SYN_|UNREPLIED|REQUEST|RESPOND|COOKIE_)/.test(state)) return colors.yellow;
  return colors.dim;
}

/** Returns how a terminal shows a cell. */
export function painter({ colors }: Terminal): (text: string, column: LaidColumn) => string {
  return (text, { name }) => {
    if (text === '-') return colors.dim(text);
    if (name === 'state') return stateColor(text, colors)(text);
    if (name === 'nat') return colors.cyan(text);
    return text;
  };
}
