import { createReadStream, promises } from 'node:fs';

/** The function of nf_nat that gives an entry its translation. */
const NAT = ' nf_nat_setup_info';

/**
 * Whether nf_nat is loaded as a module. Without nf_nat no entry with address translation can be created. Reads a list only, because trying
 * would load the module.
 */
export const isNatLoaded = async (): Promise<boolean> =>
  /^nf_nat /m.test(await promises.readFile('/proc/modules', 'latin1').catch(() => ''));

/** The paths of the modules that are built into the kernel. `undefined` if the list is missing, as in containers. */
const builtIn = (): Promise<string | undefined> =>
  promises
    .readFile(`/lib/modules/${process.getBuiltinModule('node:os').release()}/modules.builtin`, 'latin1')
    .catch(() => undefined);

/**
 * Whether nf_nat is built into the kernel; `undefined` if that cannot be read. The kernel has a list of built-in modules. Without the
 * list, the kernel's symbols are read in pieces: some megabytes, in a tenth of a second.
 */
export async function isNatBuiltIn(): Promise<boolean | undefined> {
  const builtin = await builtIn();
  if (builtin !== undefined) return builtin.includes('/nf_nat.ko');
  try {
    let end = '';
    for await (const piece of createReadStream('/proc/kallsyms', 'latin1')) {
      const text = end + (piece as string);
      if (text.includes(NAT)) return true;
      end = text.slice(-NAT.length);
    }
    // If symbols are hidden, the file is empty.
    return end === '' ? undefined : false;
  } catch {
    return undefined;
  }
}

/** Whether a module is known to be neither loaded nor built in. A kernel without loadable modules has it built in, or never. */
export async function isMissing(module: string): Promise<boolean> {
  const loaded = await promises.readFile('/proc/modules', 'latin1').catch(() => undefined);
  if (loaded === undefined || new RegExp(`^${module} `, 'm').test(loaded)) return false;
  const builtin = await builtIn();
  return builtin !== undefined && !builtin.includes(`/${module}.ko`);
}

/** What a user should know if nf_nat is missing. */
export const NO_NAT =
  'the module nf_nat is not loaded: an entry with address translation can be created only if the kernel can load modules automatically. Load it with: modprobe nf_nat';
