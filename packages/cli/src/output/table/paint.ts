import type { Terminal } from '../../terminal/terminal.js';
import type { LaidColumn } from './layout.js';

/** How a state is colored: alive, not yet or no longer alive. */
export function stateColor(state: string): 'green' | 'yellow' | 'dim' {
  if (/^(ESTABLISHED|ASSURED|OPEN|PARTOPEN|SEEN_REPLY|HEARTBEAT_\w+)$/.test(state)) return 'green';
  if (/^(SYN_|UNREPLIED|REQUEST|RESPOND|COOKIE_)/.test(state)) return 'yellow';
  return 'dim';
}

/** Returns how a terminal shows a cell. */
export function painter({ colors }: Terminal): (text: string, column: LaidColumn) => string {
  return (text, { name }) => {
    if (text === '-') return colors.dim(text);
    if (name === 'state') return colors[stateColor(text)](text);
    if (name === 'nat') return colors.cyan(text);
    return text;
  };
}
