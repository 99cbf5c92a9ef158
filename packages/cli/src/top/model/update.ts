import type { Key } from '../keys.js';
import { askToDelete, browse } from './browse.js';
import { confirm } from './confirm.js';
import { editFilter } from './filter-line.js';
import type { Effect, TopState } from './state.js';

/** Handles a key. Returns what has to be done outside of the state. */
export function press(state: TopState, key: Key): Effect[] {
  const name = 'name' in key ? key.name : 'pasted';
  if (name === 'ctrl-c') return [{ do: 'quit', interrupted: true }];
  if (name === 'ctrl-z') return [{ do: 'suspend' }];
  const { mode } = state;
  state.message = undefined;
  switch (mode.kind) {
    case 'filter':
      return editFilter(state, mode, key);
    case 'confirm':
      return confirm(state, mode, key);
    case 'help':
    case 'details':
      if (name === 'down' || name === 'pagedown' || name === 'space') mode.offset++;
      else if (name === 'up' || name === 'pageup') mode.offset = Math.max(0, mode.offset - 1);
      else {
        state.mode = { kind: 'browse' };
        // The flow that is shown can be deleted from here.
        if (mode.kind === 'details' && (name === 'd' || name === 'delete')) return askToDelete(state, [mode.row]);
      }
      return [];
    default:
      return name === 'pasted' ? [] : browse(state, name);
  }
}

/** Takes in a new size of the terminal. */
export function resize(state: TopState, columns: number, lines: number): void {
  state.columns = columns;
  state.lines = lines;
}
