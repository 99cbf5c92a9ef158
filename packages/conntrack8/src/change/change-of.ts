import { type Flow, type FlowChange, STATUS, stateName, stateNumber, statusMask, statusNames } from '@conntrack/flow';
import type { Request } from '../argv/request.js';

/** What becomes of one entry; `undefined` where it is so already. */
export function changeOf(request: Request, flow: Flow): FlowChange | undefined {
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
