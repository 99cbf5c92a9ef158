import { Namespace } from '@conntrack/lab';
import { ConntrackTable, KernelSource, type TableOptions } from '../src/index.js';

/** Why no namespace can be created here; `undefined` if it can. */
function unavailable(): string | undefined {
  try {
    Namespace.create().close();
    return undefined;
  } catch (error) {
    return `no private network namespace: ${(error as Error).message}`;
  }
}

/** The reason to skip tests against the kernel, if there is one. */
export const noKernel = unavailable();

/** A table of the real kernel in a network namespace of its own. */
export async function kernelTable(options: TableOptions = {}) {
  const namespace = Namespace.create();
  const source = await KernelSource.open({ netns: namespace.fd });
  const table = new ConntrackTable(source, options);
  return {
    namespace,
    source,
    table,
    close() {
      table.close();
      namespace.close();
    },
  };
}
