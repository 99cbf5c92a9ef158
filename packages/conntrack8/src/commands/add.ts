import { type Flow, type NewFlow, refOf } from '@conntrack/flow';
import type { NetlinkError } from '@conntrack/netlink';
import type { Request } from '../argv/request.js';
import { changeOf } from '../change/change-of.js';
import { newFlowOf } from '../change/new-flow.js';
import { type Context, sayCount } from '../context.js';
import { OperationError } from '../errors.js';

/** Maximum number of attempts if the entry ends in between. */
const ATTEMPTS = 3;
/** The kernel errors for an existing entry, and for one that ended or was replaced before it could be changed. */
const EXISTS = 'EEXIST';
const ENDED: readonly unknown[] = ['ENOENT', 'FLOW_REPLACED'];

/** `-A`: creates an entry. An existing one is changed like with `-U`. */
export async function add(context: Context): Promise<number> {
  const flow = newFlowOf(context.request);
  for (let attempt = 1; ; attempt++)
    try {
      await addOnce(context, flow);
      break;
    } catch (error) {
      if (attempt === ATTEMPTS || !ENDED.includes((error as NetlinkError).code)) throw error;
    }
  sayCount(context, 1, 'added');
  return 0;
}

async function addOnce({ request, conntrack }: Context, flow: NewFlow): Promise<void> {
  try {
    await conntrack.create(flow, { drops: 'allow' });
  } catch (error) {
    if ((error as NetlinkError).code !== EXISTS) throw error;
    const { family, protonum, original, zone } = flow;
    const existing = await conntrack.get({ family, protonum, original, ...(zone !== undefined && { zone }) });
    // Another entry has this tuple as its reply direction.
    if (existing === undefined) throw error;
    checkReply(request, flow, existing);
    const change = changeOf(request, existing);
    if (change !== undefined) await conntrack.update(refOf(existing), change, { drops: 'allow' });
  }
}

/**
 * For an existing entry, the kernel ignores a reply direction and rejects an address translation, so both must already
 * match.
 *
 * @throws OperationError
 */
function checkReply({ given }: Request, { reply, nat }: NewFlow, existing: Flow): void {
  const { src, dst, sport, dport } = existing.reply;
  const asked: (readonly [asked: unknown, is: unknown])[] = [
    [nat?.dst?.address ?? (given.has('reply-src') ? reply?.src : undefined), src],
    [nat?.src?.address ?? (given.has('reply-dst') ? reply?.dst : undefined), dst],
    [nat?.dst?.port ?? (given.has('reply-port-src') ? reply?.sport : undefined), sport],
    [nat?.src?.port ?? (given.has('reply-port-dst') ? reply?.dport : undefined), dport],
  ];
  if (asked.every(([wanted, is]) => wanted === undefined || wanted === is)) return;
  const ports = sport === undefined ? '' : ` sport=${sport} dport=${dport}`;
  throw new OperationError(
    `Operation failed: the entry exists with another reply direction (src=${src} dst=${dst}${ports}), which cannot be changed. Delete the entry first`,
  );
}
