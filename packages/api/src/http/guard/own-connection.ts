import type { FlowCursor } from '@conntrack/flow';
import { flowOfSocket } from '@conntrack/table';
import type { Ctx } from '../context.js';

/** A test for the flow that the request came by: a change of many flows skips it, so that it can be answered. Absent over a unix socket. */
export function ownConnection(c: Ctx): ((cursor: FlowCursor) => boolean) | undefined {
  const { localAddress, localPort, remoteAddress, remotePort } = c.env?.incoming?.socket ?? {};
  if (!localAddress || !localPort || !remoteAddress || !remotePort) return undefined;
  return flowOfSocket({ localAddress, localPort, remoteAddress, remotePort });
}
