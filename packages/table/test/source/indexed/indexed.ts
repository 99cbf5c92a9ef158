import { Namespace } from '@conntrack/lab';
import { Conntrack } from '@conntrack/netlink';
import { ConntrackTable, type IndexOptions, KernelSource } from '../../../src/index.js';
import { IndexedSource } from '../../../src/source/indexed/indexed-source.js';

/** An index over the kernel's table of a namespace of its own. */
export interface Indexed {
  readonly namespace: Namespace;
  readonly kernel: KernelSource;
  readonly source: IndexedSource;
  readonly table: ConntrackTable;
  /** A client beside the table. */
  readonly other: Conntrack;
  close(): void;
}

/** Opens an index. `before` is called before the index exists. */
export async function openIndexed(
  options: IndexOptions = {},
  before: (other: Conntrack, namespace: Namespace) => Promise<void> = async () => {},
): Promise<Indexed> {
  const namespace = Namespace.create();
  const other = Conntrack.open({ netns: namespace.fd });
  await before(other, namespace);
  const kernel = await KernelSource.open({ netns: namespace.fd });
  const report = (error: unknown): void => {
    throw error;
  };
  const source = await IndexedSource.open(kernel, { report, ...options });
  const close = (): void => {
    source.close();
    other.close();
    namespace.close();
  };
  return { namespace, kernel, source, table: new ConntrackTable(source), other, close };
}

/** A UDP entry to create. */
export const udp = (port: number, more: Partial<Parameters<Conntrack['create']>[0]> = {}) => ({
  family: 'ipv4' as const,
  protonum: 17,
  original: { src: '10.0.0.1', dst: '10.0.0.2', sport: port, dport: 53 },
  timeout: 300,
  ...more,
});
