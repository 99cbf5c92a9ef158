import { readFileSync } from 'node:fs';
import type { Context } from '../context.js';

// Not `ascii` of @conntrack/netlink/text: its tables take some milliseconds of the start.
const encoder = new TextEncoder();

/** `-C`: prints the number of entries or expectations. */
export async function count({ request, conntrack, terminal }: Context): Promise<number> {
  let entries = 0;
  if (request.table === 'expect')
    try {
      for await (const _ of conntrack.expectations.list()) entries++;
    } catch (error) {
      // Like conntrack(8): first the count, then why it is incomplete.
      terminal.out(encoder.encode(`${entries}\n`));
      throw error;
    }
  else
    try {
      ({ count: entries } = await conntrack.count());
    } catch (error) {
      // Without the privilege, /proc still has the number. The failure is reported afterwards.
      const text = readCount();
      if (text !== undefined) terminal.out(encoder.encode(text));
      throw error;
    }
  terminal.out(encoder.encode(`${entries}\n`));
  return 0;
}

function readCount(): string | undefined {
  try {
    return readFileSync('/proc/sys/net/netfilter/nf_conntrack_count', 'utf8');
  } catch {
    return undefined;
  }
}
