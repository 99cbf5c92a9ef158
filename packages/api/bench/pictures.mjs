// Subscribers in a thread of their own, which maintain an index of the flows that match their filter. On request, they
// compare it with the table.
import { parentPort, workerData } from 'node:worker_threads';
import { ConntrackClient, FlowIndex } from '@conntrack/client';

const { url, filters } = workerData;
const ended = new AbortController();

async function follow(index, filter) {
  const client = new ConntrackClient({ url });
  try {
    for await (const record of client.watch(filter, { initial: true, signal: ended.signal })) index.apply(record);
  } catch (error) {
    if (!ended.signal.aborted) throw error;
  }
}

const indexes = filters.map(filter => {
  const index = new FlowIndex();
  void follow(index, filter);
  return index;
});

/**
 * Over all indexes: flows that are not in the table, and flows of the table that are missing. `keys` has the expected
 * ones of each filter.
 */
function compare(keys) {
  let ghosts = 0;
  let missing = 0;
  for (const [i, { flows }] of indexes.entries()) {
    const there = keys[filters[i]];
    for (const key of flows.keys()) if (!there.has(key)) ghosts++;
    for (const key of there) if (!flows.has(key)) missing++;
  }
  return { ghosts, missing };
}

parentPort.on('message', keys => {
  if (keys === 'end') {
    ended.abort();
    parentPort.close();
  } else parentPort.postMessage({ synced: indexes.every(({ synced }) => synced), ...(keys && compare(keys)) });
});
