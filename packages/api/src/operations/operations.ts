import { deleteMany, updateMany } from './bulk-change.js';
import { capabilities } from './capabilities.js';
import { changeListed } from './changes.js';
import { consoleFile } from './console.js';
import { count } from './count.js';
import { create } from './create.js';
import { deleteOne } from './delete-one.js';
import { docs, docsReference } from './docs.js';
import { doctor } from './doctor.js';
import { index, openapiJson, problemList, problemType } from './documents.js';
import { drain } from './drain.js';
import { events } from './events.js';
import { expectationEvents } from './expectation-events.js';
import { deleteExpectation, flushExpectations, listExpectations } from './expectations.js';
import { filterCheck } from './filter-check.js';
import { filterComplete } from './filter-complete.js';
import { filterExplain } from './filter-explain.js';
import { filterFields } from './filter-fields.js';
import { flush } from './flush.js';
import { get } from './get.js';
import { livez, readyz } from './health.js';
import { history, historyCount, historyGaps, historyTop } from './history.js';
import { list } from './list.js';
import { lookup } from './lookup.js';
import { metrics } from './metrics.js';
import type { Operation } from './operation.js';
import { overview } from './overview.js';
import { executePlan, getPlan, makePlan } from './plans.js';
import { reconcile } from './reconcile.js';
import { restore } from './restore.js';
import { query, search } from './search.js';
import { snapshot } from './snapshot.js';
import { stats } from './stats.js';
import { streamFlows } from './stream.js';
import { searchTop, top } from './top.js';
import { update } from './update.js';
import { listNamespaces, version } from './version.js';
import { whoami } from './whoami.js';

/** All operations. Fixed paths come before paths with a parameter in the same place. */
export const OPERATIONS: readonly Operation[] = [
  list,
  query,
  create,
  updateMany,
  deleteMany,
  count,
  streamFlows,
  events,
  lookup,
  search,
  top,
  searchTop,
  overview,
  makePlan,
  getPlan,
  executePlan,
  drain,
  reconcile,
  changeListed,
  snapshot,
  restore,
  flush,
  get,
  update,
  deleteOne,
  listExpectations,
  flushExpectations,
  expectationEvents,
  deleteExpectation,
  history,
  historyCount,
  historyTop,
  historyGaps,
  stats,
  capabilities,
  doctor,
  filterCheck,
  filterExplain,
  filterComplete,
  filterFields,
  whoami,
  version,
  listNamespaces,
  metrics,
  livez,
  readyz,
  problemList,
  problemType,
  openapiJson,
  docs,
  docsReference,
  consoleFile,
  index,
];
