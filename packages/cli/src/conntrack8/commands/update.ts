import { type Flow, type FlowChange, STATUS, stateName, stateNumber, statusMask, statusNames } from '@conntrack/flow';
import type { NetlinkError } from '@conntrack/netlink';
import { type Context, sayCount } from '../context.js';
import { operationText } from '../failure.js';
import { matchOf } from '../match.js';
import { flowOutput } from '../output/flow-output.js';
import type { Request } from '../request.js';
import { scan } from '../scan.js';

/** What becomes of one entry; `undefined` where it is so already. */
function changeOf(request: Request, flow: Flow): FlowChange | undefined {
  const change: FlowChange = {};
  const { timeout, mark, markMask, status, state, given, labelsAdd, labelsDel } = request;
  if (timeout !== undefined && timeout !== flow.timeout) change.timeout = timeout;
  if (mark !== undefined) {
    const old = flow.mark ?? 0;
    const mask = markMask ?? 0xffffffff;
    if (((old & ~mask) ^ mark) >>> 0 !== old) Object.assign(change, { mark, markMask: mask });
  }
  const bits = statusMask(flow.status ?? []);
  // Bits are added; the kernel never clears them.
  if (status !== undefined && (bits & status.set) !== status.set)
    change.status = statusNames(status.set & ~STATUS.CONFIRMED);
  if (state !== undefined && (flow.state === undefined || stateNumber(flow.protonum, flow.state) !== state))
    change.state = stateName(flow.protonum, state);
  const before = (flow.labels ?? []).filter(label => typeof label === 'number');
  // Labels are set again where they are so already, and count as changed.
  if (given.has('label-add')) Object.assign(change, { labels: labelsAdd, labelsMask: labelsAdd });
  if (given.has('label-del') && before.length > 0)
    Object.assign(change, { labels: [], labelsMask: labelsDel.length > 0 ? labelsDel : before });
  return Object.keys(change).length === 0 ? undefined : change;
}

/** `-U`: changes all entries that match, and shows each as it is then. Nothing to change is exit code 1. */
export async function update(context: Context): Promise<number> {
  const { request, conntrack, terminal } = context;
  const match = matchOf(request);
  const output = flowOutput(request, terminal);
  let count = 0;
  try {
    for await (const slab of scan(conntrack, request)) {
      const cursor = slab.cursor();
      while (cursor.next()) {
        if (match !== undefined && !match(cursor)) continue;
        const flow = cursor.flow();
        const change = changeOf(request, flow);
        if (change === undefined) continue;
        const ref = cursor.ref();
        try {
          await conntrack.update(ref, change);
        } catch (error) {
          const { code, errnoName, message } = error as NetlinkError;
          // It ended, or another connection has its tuple now.
          if (code === 'ENOENT' || code === 'FLOW_REPLACED') continue;
          if (errnoName === undefined) throw error;
          // What the kernel refuses of one entry (a label without a rule that uses labels, a fixed timeout) is said; the rest is changed, and counts.
          terminal.err(`Operation failed: ${operationText(errnoName, 'U', false, message)}\n`);
        }
        count++;
        const now = await conntrack.get(ref);
        if (now !== undefined) output.write(now);
      }
    }
  } finally {
    // What was changed is shown, also when the rest failed.
    output.flush();
  }
  sayCount(context, count, 'updated');
  return count === 0 ? 1 : 0;
}
