import { type Flow, type NewFlow, refOf } from '@conntrack/flow';
import type { NetlinkError } from '@conntrack/netlink';
import type { Request } from '../argv/request.js';
import { changeOf } from '../change/change-of.js';
import { newFlowOf } from '../change/new-flow.js';
import { type Context, sayCount } from '../context.js';
import { OperationError } from '../errors.js';

/** How often an entry that ends meanwhile is tried again. */
const ATTEMPTS = 3;
/** An entry that exists, and one that ended, or was replaced, before its change came. */
const EXISTS = 'EEXIST';
const ENDED: readonly unknown[] = ['ENOENT', 'FLOW_REPLACED'];

/** `-A`: creates an entry; one that exists is changed as `-U` would. */
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
    // It is the reply direction that another entry has.
    if (existing === undefined) throw error;
    checkReply(request, flow, existing);
    const change = changeOf(request, existing);
    if (change !== undefined) await conntrack.update(refOf(existing), change, { drops: 'allow' });
  }
}

/** The kernel ignores a reply direction, and refuses a translation, for an entry that exists: both must be there already. @throws OperationError */
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
