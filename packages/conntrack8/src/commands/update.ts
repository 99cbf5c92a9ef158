import type { NetlinkError } from '@conntrack/netlink';
import { changeOf } from '../change/change-of.js';
import { type Context, sayCount } from '../context.js';
import { operationText } from '../output/failure.js';
import { flowOutput } from '../output/flow-output.js';
import { ofChanged } from '../output/style.js';
import { matchOf } from '../select/match.js';
import { scan } from '../select/scan.js';

/**
 * `-U`: changes all matching entries, and prints each after the change. An entry that the change itself has ended (`-t
 * 0`) is neither printed nor counted. If nothing was changed, the exit code is 1.
 */
export async function update(context: Context): Promise<number> {
  const { request, conntrack, terminal, place } = context;
  const where = place === undefined ? '' : ` (${place})`;
  const match = matchOf(request);
  const output = flowOutput({ ...request, output: ofChanged(request) }, terminal);
  let count = 0;
  try {
    for await (const slab of scan(conntrack, request)) {
      const cursor = slab.cursor();
      while (cursor.next()) {
        if (match !== undefined && !match(cursor)) continue;
        const flow = cursor.flow();
        const change = changeOf(request, flow);
        if (change === undefined) continue;
        const ref = cursor.ref();
        try {
          await conntrack.update(ref, change, { drops: 'allow' });
        } catch (error) {
          const { code, errnoName, message } = error as NetlinkError;
          // The entry ended, or another connection has its tuple now.
          if (code === 'ENOENT' || code === 'FLOW_REPLACED') continue;
          if (errnoName === undefined) throw error;
          // If the kernel rejects the change of one entry (a label without a rule that uses labels, a fixed timeout),
          // the error is printed, and the other entries are changed and counted.
          terminal.err(`Operation failed: ${operationText(errnoName, 'U', false, message)}${where}\n`);
        }
        const now = await conntrack.get(ref);
        if (now === undefined) continue;
        output.write(now);
        count++;
      }
    }
  } finally {
    // Changed entries are printed even if the rest failed.
    output.flush();
  }
  sayCount(context, count, 'updated');
  return count === 0 ? 1 : 0;
}
