import type { Key } from '../keys.js';
import type { Effect, Mode, TopState } from './state.js';

/** The word that the second question wants. */
export const WORD = 'yes';

/**
 * Handles a key while a deletion is to be confirmed. The connection that this session runs over is asked about again, and wants a whole
 * word: one key may be pressed by mistake.
 */
export function confirm(state: TopState, mode: Extract<Mode, { kind: 'confirm' }>, key: Key): Effect[] {
  if ('pasted' in key) return [];
  const { name } = key;
  if (name === 'escape' || (mode.typed === undefined && (name === 'n' || name === 'q'))) return stop(state);
  if (mode.typed === undefined) {
    if (mode.own > 0 && name === 's')
      return go(
        state,
        mode.rows.filter(({ flow }) => !state.isOwn(flow)),
      );
    if (name !== 'y') return [];
    if (mode.own === 0) return go(state, mode.rows);
    mode.typed = '';
    return [];
  }
  if (name === 'backspace') mode.typed = mode.typed.slice(0, -1);
  else if (/^[a-zA-Z]$/.test(name) && mode.typed.length < WORD.length) mode.typed += name;
  else if (name === 'enter') return mode.typed.toLowerCase() === WORD ? go(state, mode.rows) : stop(state);
  return [];
}

function stop(state: TopState): Effect[] {
  state.mode = { kind: 'browse' };
  state.message = { text: 'nothing was deleted', bad: false };
  return [];
}

function go(state: TopState, rows: Extract<Effect, { do: 'delete' }>['rows']): Effect[] {
  if (rows.length === 0) return stop(state);
  state.mode = { kind: 'browse' };
  return [{ do: 'delete', rows }];
}
