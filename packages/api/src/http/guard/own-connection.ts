import type { FlowCursor } from '@conntrack/flow';
import { flowOfSocket } from '@conntrack/table';
import type { Ctx } from '../context.js';

/**
 * Makes a test for the flow of the caller's own connection. A bulk change skips this flow, so that it can be answered.
 * `undefined` over a unix socket.
 */
export function ownConnection(c: Ctx): ((cursor: FlowCursor) => boolean) | undefined {
  const { localAddress, localPort, remoteAddress, remotePort } = c.env?.incoming?.socket ?? {};
  if (!localAddress || !localPort || !remoteAddress || !remotePort) return undefined;
  return flowOfSocket({ localAddress, localPort, remoteAddress, remotePort });
}
