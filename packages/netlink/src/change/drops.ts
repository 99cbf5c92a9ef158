import {
  type Flow,
  type FlowChange,
  type FlowCursor,
  type FlowRef,
  type NewFlow,
  protocolOf,
  type Tuple,
} from '@conntrack/flow';
import { newStatusRefusal, statusRefusal } from '@conntrack/flow/checks';
import { MAY_BE_UNTRACKED, ORIGINAL_SRC, TUPLE_FIELDS } from '@conntrack/flow/codec';
import type { Capabilities } from './capabilities.js';

/** Something in a request that the kernel dropped, although it reported success. */
export interface Dropped {
  /** The field of the request: `labels`, `timeout` … */
  readonly field: string;
  /** One sentence that says what is missing, and why. */
  readonly warning: string;
}

/** Timeout in seconds that every kernel can store: INT_MAX jiffies at 1,000 per second. */
const SURE_TIMEOUT = 2_147_483;

const hasParts = (protonum: number, tuple: Tuple | undefined): boolean =>
  TUPLE_FIELDS[protocolOf(protonum).kind].some(part => tuple?.[part] !== undefined);

/** Whether only some kernels accept a part of the request. Then {@link Capabilities} are needed. */
export const needsProof = ({ protonum, original, timeout }: Partial<NewFlow>): boolean =>
  (timeout ?? 0) > SURE_TIMEOUT ||
  (protonum !== undefined && MAY_BE_UNTRACKED.has(protonum) && hasParts(protonum, original));

/**
 * Whether a kernel without the protocol's tracker may ignore the ports of a reference. It would then find an entry without ports, which is
 * another connection.
 */
export const portsMayBeIgnored = ({ protonum, original }: FlowRef): boolean =>
  MAY_BE_UNTRACKED.has(protonum) && hasParts(protonum, original);

/** Whether an entry was found only because the kernel ignored the ports of the reference. */
export const isBare = (ref: FlowRef, found: FlowCursor): boolean =>
  portsMayBeIgnored(ref) && found.port(ORIGINAL_SRC) < 0 && found.greKey(ORIGINAL_SRC) < 0;

/** Explains why a timeout cannot be set; returns `undefined` if it can. */
export function timeoutRefusal(
  timeout: number | undefined,
  { maxTimeout }: Pick<Capabilities, 'maxTimeout'>,
): string | undefined {
  if (timeout === undefined || timeout <= (maxTimeout ?? SURE_TIMEOUT)) return undefined;
  return maxTimeout === undefined
    ? `timeout ${timeout} may not be kept: kernels keep at most ${SURE_TIMEOUT} to 21474836 seconds, and the limit of this kernel is unknown. Use ${SURE_TIMEOUT} or less`
    : `timeout ${timeout} is too long: this kernel keeps at most ${maxTimeout} seconds`;
}

/** Explains why a creation is not sent: the kernel would drop a part of it, and report success. */
export function createRefusal(
  flow: NewFlow,
  known: Pick<Capabilities, 'proven' | 'protocols' | 'maxTimeout'>,
): string | undefined {
  const { protonum, original, state } = flow;
  const long = timeoutRefusal(flow.timeout, known);
  if (long !== undefined) return long;
  if (MAY_BE_UNTRACKED.has(protonum)) {
    const { name, kind } = protocolOf(protonum);
    const parts = kind === 'keys' ? 'keys' : 'ports';
    const untracked = known.proven && !known.protocols.has(protonum);
    if (untracked && hasParts(protonum, original))
      return `this kernel has no tracker for ${name}: the entry would have no ${parts} and stand for all ${name} between these addresses. Omit the ${parts} if you want that`;
    if (state !== undefined && !hasParts(protonum, original))
      return `an entry of ${name} without ${parts} has no state: only the connection tracker of ${name} keeps one`;
  }
  return newStatusRefusal(flow);
}

/** Explains why a change of an entry is not sent: the kernel would drop a part of it, and report success. `there` is the entry's status. */
export function updateRefusal(
  { protonum, original }: FlowRef,
  { status, state }: FlowChange,
  there: number,
): string | undefined {
  if (state !== undefined && MAY_BE_UNTRACKED.has(protonum) && !hasParts(protonum, original))
    return `an entry of ${protocolOf(protonum).name} without ports has no state`;
  return status && statusRefusal(status, there);
}

/** Whether the kernel may drop a part of a creation, so that the entry must be read back. */
export const isDoubtful = (flow: NewFlow, replace: boolean): boolean =>
  flow.labels !== undefined ||
  flow.seqadj !== undefined ||
  flow.synproxy !== undefined ||
  needsProof(flow) ||
  (replace && (flow.reply !== undefined || flow.nat !== undefined || flow.zone !== undefined));

const sameParts = (asked: object, made: object | undefined): boolean =>
  Object.entries(asked).every(
    ([name, value]) =>
      value === undefined || name === 'zone' || (made as Record<string, unknown> | undefined)?.[name] === value,
  );

/** Returns what a creation requested and the created entry does not have. */
export function droppedOf(asked: NewFlow, made: Flow): Dropped[] {
  const dropped: Dropped[] = [];
  const drop = (field: string, why: string): void => void dropped.push({ field, warning: why });
  const { name, kind } = protocolOf(asked.protonum);
  const missing = (asked.labels ?? []).filter(label => !made.labels?.includes(label));
  if (missing.length > 0)
    drop(
      'labels',
      `label ${missing.join(', ')} was not set: the kernel stores labels only while a firewall rule uses them`,
    );
  if (asked.timeout > SURE_TIMEOUT && (made.timeout ?? 0) < asked.timeout - 60)
    drop('timeout', `the timeout is ${made.timeout} seconds, the longest that this kernel keeps`);
  if (hasParts(asked.protonum, asked.original) && !hasParts(asked.protonum, made.original))
    drop(
      kind === 'keys' ? 'keys' : 'ports',
      `the entry has no ${kind === 'keys' ? 'keys' : 'ports'}: this kernel has no tracker for ${name}`,
    );
  else if (asked.reply !== undefined && asked.nat === undefined && !sameParts(asked.reply, made.reply))
    drop('reply', 'the reply tuple was not changed: an entry that exists keeps its own');
  for (const side of ['original', 'reply'] as const)
    if (asked.seqadj?.[side] !== undefined && !sameParts(asked.seqadj[side], made.seqadj?.[side]))
      drop('seqadj', `the sequence adjustment of the ${side} direction was not set`);
  if (asked.synproxy !== undefined && !sameParts(asked.synproxy, made.synproxy))
    drop('synproxy', 'the state of SYNPROXY was not set');
  return dropped;
}
