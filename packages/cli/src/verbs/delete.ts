import { type ChangeArguments, changeFlows } from '../changes/change-flows.js';
import type { Context } from '../process/context.js';

/** Runs `ctctl delete KEY` or `ctctl delete FILTER…`. */
export const remove = (context: Context, words: readonly string[], options: ChangeArguments): Promise<number> =>
  changeFlows(context, words, options, 'delete');
