import { type Flow, type FlowChange, STATUS, stateName, stateNumber, statusMask, statusNames } from '@conntrack/flow';
import type { Request } from '../argv/request.js';

/** The change of one entry. `undefined` if the entry already is as requested. */
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
  // Bits are only added: the kernel never clears them.
  if (status !== undefined && (bits & status.set) !== status.set)
    change.status = statusNames(status.set & ~STATUS.CONFIRMED);
  if (state !== undefined && (flow.state === undefined || stateNumber(flow.protonum, flow.state) !== state))
    change.state = stateName(flow.protonum, state);
  const before = (flow.labels ?? []).filter(label => typeof label === 'number');
  // Labels are written even if they are already set, and count as a change.
  if (given.has('label-add')) Object.assign(change, { labels: labelsAdd, labelsMask: labelsAdd });
  if (given.has('label-del') && before.length > 0)
    Object.assign(change, { labels: [], labelsMask: labelsDel.length > 0 ? labelsDel : before });
  return Object.keys(change).length === 0 ? undefined : change;
}
