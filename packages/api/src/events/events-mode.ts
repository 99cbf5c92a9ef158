import { type LocalTable, TableError } from '@conntrack/table';

const EVENTS_OFF =
  'net.netfilter.nf_conntrack_events was set to 0 while the server listened: new flows send no events. All watches end. Set it to 1 or 2 with sysctl';

/**
 * Checks regularly whether the kernel still sends events. When `nf_conntrack_events` becomes 0, new flows send none,
 * and nothing else would show it.
 *
 * @param off called once for each check that finds events off
 * @param failed called when a check fails
 * @returns a function that stops the checks
 */
export function watchEventsMode(
  table: LocalTable,
  milliseconds: number,
  { off, failed }: { off: (error: TableError) => void; failed: (error: unknown) => void },
): () => void {
  let closed = false;
  let timer: NodeJS.Timeout;
  const look = async (): Promise<void> => {
    try {
      const { eventsMode } = await table.capabilities();
      if (!closed && eventsMode === 0) off(new TableError('UNSUPPORTED', EVENTS_OFF));
    } catch (error) {
      if (!closed) failed(error);
    }
    later();
  };
  const later = (): void => {
    if (!closed) timer = setTimeout(() => void look(), milliseconds).unref();
  };
  later();
  return () => {
    closed = true;
    clearTimeout(timer);
  };
}
