import { type Flow, FlowObjectCursor } from '@conntrack/flow';
import { flowOfSocket } from '@conntrack/table';
import type { SshSession } from '../process/ssh-connection.js';

/** Makes a test for the flow of an SSH session. */
export function isFlowOfSession(session: SshSession | undefined): (flow: Flow) => boolean {
  if (session === undefined) return () => false;
  const test = flowOfSocket(session);
  const cursor = new FlowObjectCursor();
  return flow => flow.protonum === TCP && test(cursor.move(flow));
}

const TCP = 6;
