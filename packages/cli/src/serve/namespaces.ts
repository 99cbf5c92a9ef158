import { stat } from 'node:fs/promises';
import type { Filter } from '@conntrack/filter';
import { type LocalTable, openTable } from '@conntrack/table';

/** Where ip-netns(8) keeps the namespaces that have names. */
const FOLDER = '/run/netns';

/** Milliseconds between two looks at whether namespaces are still there. */
const SWEEP = 5_000;

/** The tables of some network namespaces, each opened when it is first asked for. */
export interface Namespaces {
  /** The table of a name; `undefined` for one that is not among them, or not there now. */
  find(name: string): Promise<LocalTable | undefined>;
  /** Those that are there now. */
  names(): Promise<string[]>;
  close(): void;
}

/** @param names the namespaces that may be asked for; files of `folder` */
export function openNamespaces(
  names: readonly string[],
  protect: Filter | undefined,
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
  // A namespace that was deleted and made again has its name, and is another.
  const identityOf = async (name: string): Promise<string | undefined> => {
    const there = await stat(`${folder}/${name}`).catch(() => undefined);
    return there && `${there.dev}:${there.ino}`;
  };
  // An open table keeps its namespace alive, although it was deleted.
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
      const table = openTable('kernel', { netns: `${folder}/${name}`, ...(protect && { protect }) });
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
