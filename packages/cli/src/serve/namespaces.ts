import { stat } from 'node:fs/promises';
import { type LocalTable, type OpenTableOptions, openTable } from '@conntrack/table';

/** The folder where `ip netns` keeps named namespaces. */
const FOLDER = '/run/netns';

/** Milliseconds between two checks for deleted namespaces. */
const SWEEP = 5_000;

/** The tables of some network namespaces, each opened on first use. */
export interface Namespaces {
  /** The table of a namespace. `undefined` if the name is not configured, or the namespace does not exist now. */
  find(name: string): Promise<LocalTable | undefined>;
  /** The names of the existing namespaces. */
  names(): Promise<string[]>;
  close(): void;
}

/** Makes the tables. @param names the configured namespaces: file names in `folder` */
export function openNamespaces(
  names: readonly string[],
  options: Pick<OpenTableOptions, 'protect' | 'index'>,
  folder = FOLDER,
  sweepEvery = SWEEP,
): Namespaces {
  const tables = new Map<string, { identity: string; table: Promise<LocalTable> }>();
  const forget = (name: string): void => {
    const known = tables.get(name);
    tables.delete(name);
    known?.table.then(
      table => table.close(),
      () => {},
    );
  };
  // A namespace that was deleted and created again has the same name, but is a different one.
  const identityOf = async (name: string): Promise<string | undefined> => {
    const there = await stat(`${folder}/${name}`).catch(() => undefined);
    return there && `${there.dev}:${there.ino}`;
  };
  // An open table would keep a deleted namespace alive.
  const sweep = async (): Promise<void> => {
    for (const [name, { identity }] of tables) if ((await identityOf(name)) !== identity) forget(name);
  };
  const sweeping = setInterval(() => void sweep(), sweepEvery).unref();
  return {
    async find(name) {
      if (!names.includes(name)) return undefined;
      const identity = await identityOf(name);
      if (tables.get(name)?.identity !== identity) forget(name);
      if (identity === undefined) return undefined;
      const known = tables.get(name);
      if (known !== undefined) return known.table;
      const table = openTable('kernel', { ...options, netns: `${folder}/${name}` });
      tables.set(name, { identity, table });
      table.catch(() => forget(name));
      return table;
    },
    async names() {
      const there = await Promise.all(names.map(name => identityOf(name)));
      return names.filter((_, i) => there[i] !== undefined);
    },
    close() {
      clearInterval(sweeping);
      for (const name of [...tables.keys()]) forget(name);
    },
  };
}
