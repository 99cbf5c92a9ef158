import { EVENT_TYPES, type FlowEventType } from '@conntrack/flow';
import type { EventOptions, EventStream } from '@conntrack/netlink';
import type { Request } from '../argv/request.js';
import { type Context, say } from '../context.js';
import { OperationError } from '../errors.js';
import { eventOutput } from '../output/event-output.js';
import { expectationEventOutput } from '../output/expectation-event-output.js';
import { matchOf } from '../select/match.js';

const GAP = [
  'WARNING: We have hit ENOBUFS! We are losing events.',
  'This message means that the current netlink socket buffer size is too small.',
  'Please, check --buffer-size in conntrack(8) manpage.',
].join('\n');

const KINDS: Readonly<Record<string, FlowEventType>> = { NEW: 'new', UPDATES: 'update', DESTROY: 'destroy' };

function kindsOf({ events }: Request): readonly FlowEventType[] {
  const named = [...events].flatMap(word => KINDS[word] ?? []);
  return events.has('ALL') || named.length === 0 ? EVENT_TYPES : named;
}

/** `-E`: prints events until SIGINT or SIGTERM. */
export async function event(context: Context): Promise<number> {
  const { request, terminal } = context;
  const expect = request.table === 'expect';
  // Signal handlers are installed before the program shows that it listens.
  const live = terminal.live();
  const stream = subscribe(context, expect ? { flows: [], expectations: EVENT_TYPES } : { flows: kindsOf(request) });
  if (request.bufferSize !== undefined)
    terminal.err(`NOTICE: Netlink socket buffer size has been set to ${stream.buffer.bytes} bytes.\n`);
  live.signal.addEventListener('abort', () => stream.close(), { once: true });
  if (live.signal.aborted) stream.close();
  const match = matchOf(request);
  const output = await (expect ? expectationEventOutput(request) : eventOutput(request, match));
  let count = 0;
  for await (const slab of stream.slabs()) {
    const { bytes, shown } = output.take(slab);
    count += shown;
    if (bytes.length > 0) await live.write(bytes);
    if (slab.gap !== undefined) terminal.err(`${GAP}\n`);
  }
  const end = output.end();
  if (end.length > 0) await live.write(end);
  say(context, `${count} ${expect ? 'expectation' : 'flow'} events have been shown.`);
  return 0;
}

function subscribe({ conntrack, request, terminal }: Context, what: EventOptions): EventStream {
  const { bufferSize } = request;
  try {
    return conntrack.events({ ...what, ...(bufferSize !== undefined && { bufferBytes: bufferSize }) });
  } catch (error) {
    if ((error as { code?: unknown }).code !== 'EPERM') throw error;
    terminal.err('mnl_socket_bind: Operation not permitted\n');
    throw new OperationError("Can't open netlink socket");
  }
}
