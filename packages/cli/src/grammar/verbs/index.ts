import type { VerbName } from '../names.js';
import type { Verb } from '../verb.js';
import { completion } from './completion.js';
import { config } from './config.js';
import { convert } from './convert.js';
import { count } from './count.js';
import { create } from './create.js';
import { remove } from './delete.js';
import { doctor } from './doctor.js';
import { drain } from './drain.js';
import { explain } from './explain.js';
import { fields } from './fields.js';
import { fleet } from './fleet.js';
import { flush } from './flush.js';
import { get } from './get.js';
import { history } from './history.js';
import { list } from './list.js';
import { lookup } from './lookup.js';
import { reconcile } from './reconcile.js';
import { restore } from './restore.js';
import { serve } from './serve.js';
import { snapshot } from './snapshot.js';
import { stats } from './stats.js';
import { token } from './token.js';
import { top } from './top.js';
import { update } from './update.js';
import { watch } from './watch.js';

/** The definitions of all verbs. Their order is that of the names. */
export const DEFINITIONS: Readonly<Record<VerbName, Verb>> = {
  list,
  get,
  lookup,
  count,
  top,
  create,
  update,
  delete: remove,
  drain,
  reconcile,
  flush,
  watch,
  explain,
  fields,
  stats,
  doctor,
  snapshot,
  restore,
  convert,
  history,
  serve,
  fleet,
  token,
  config,
  completion,
};
