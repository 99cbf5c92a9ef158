import { type Flow, type FlowCursor, FlowObjectCursor } from '@conntrack/flow';
import { flowOfSocket } from '@conntrack/table';

/** Makes a test for the flow of an SSH session, given as in `$SSH_CONNECTION`: client and its port, server and its port. */
export function isFlowOfSession(connection: string | undefined): (flow: Flow) => boolean {
  const [remoteAddress = '', remotePort, localAddress = '', localPort] = connection?.split(' ') ?? [];
  let test: (cursor: FlowCursor) => boolean;
  try {
    test = flowOfSocket({ remoteAddress, remotePort: Number(remotePort), localAddress, localPort: Number(localPort) });
  } catch {
    return () => false;
  }
  const cursor = new FlowObjectCursor();
  return flow => flow.protonum === TCP && test(cursor.move(flow));
}

const TCP = 6;
