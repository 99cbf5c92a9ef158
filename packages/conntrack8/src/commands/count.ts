import { readFileSync } from 'node:fs';
import { ascii } from '@conntrack/netlink/text';
import type { Context } from '../context.js';

/** `-C`: how many entries, or expectations, there are. */
export async function count({ request, conntrack, terminal }: Context): Promise<number> {
  let entries = 0;
  if (request.table === 'expect')
    try {
      for await (const _ of conntrack.expectations.list()) entries++;
    } catch (error) {
      // As conntrack does: what was counted, then why it is not all.
      terminal.out(ascii(`${entries}\n`));
      throw error;
    }
  else
    try {
      ({ count: entries } = await conntrack.count());
    } catch (error) {
      // Without the privilege /proc still tells; that it was not the kernel's answer shows by the failure behind it.
      const text = readCount();
      if (text !== undefined) terminal.out(ascii(text));
      throw error;
    }
  terminal.out(ascii(`${entries}\n`));
  return 0;
}

function readCount(): string | undefined {
  try {
    return readFileSync('/proc/sys/net/netfilter/nf_conntrack_count', 'utf8');
  } catch {
    return undefined;
  }
}
