import { readFileSync, statSync } from 'node:fs';
import { isAbsolute, join } from 'node:path';
import { UsageError } from '../../process/usage-error.js';
import { checkServer, type Endpoint } from './endpoint.js';

/** The context of the local table. It is always there, and used if no other one is chosen. */
export const LOCAL = 'local';

/** The contexts of a user: servers by name. */
export interface Contexts {
  /** The context that is used by default. */
  current: string;
  readonly contexts: Map<string, Endpoint>;
}

type Environment = Readonly<Record<string, string | undefined>>;

/** The members of a context in the file. */
const MEMBERS: readonly (keyof Endpoint)[] = ['server', 'tokenFile', 'netns', 'tlsCa', 'tlsCert', 'tlsKey'];

/** The path of the file with the contexts: $CTCTL_CLIENT_CONFIG, or conntrack/config.yaml in the user's configuration. */
export function contextsFile({ CTCTL_CLIENT_CONFIG, XDG_CONFIG_HOME, HOME }: Environment): string {
  if (CTCTL_CLIENT_CONFIG) return CTCTL_CLIENT_CONFIG;
  const folder =
    XDG_CONFIG_HOME && isAbsolute(XDG_CONFIG_HOME)
      ? XDG_CONFIG_HOME
      : join(HOME || process.getBuiltinModule('node:os').homedir(), '.config');
  return join(folder, 'conntrack', 'config.yaml');
}

/** Whether $HOME belongs to another user, as after `setpriv` or `su` without a login: its contexts are not this user's. */
function isForeignHome({ CTCTL_CLIENT_CONFIG, XDG_CONFIG_HOME, HOME }: Environment): boolean {
  if (CTCTL_CLIENT_CONFIG || XDG_CONFIG_HOME || !HOME) return false;
  return statSync(HOME, { throwIfNoEntry: false })?.uid !== process.getuid?.();
}

/** Reads the contexts. Without a file there are none. @throws UsageError for a file with faults */
export async function readContexts(env: Environment): Promise<Contexts> {
  const file = contextsFile(env);
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    const absent = code === 'ENOENT' || code === 'ENOTDIR' || (code === 'EACCES' && isForeignHome(env));
    if (absent) return { current: LOCAL, contexts: new Map() };
    throw new UsageError(`cannot read the contexts: ${message}`);
  }
  const { parse } = await import('yaml');
  try {
    return contextsOf(parse(text) ?? {});
  } catch (error) {
    throw new UsageError(`${file}: ${(error as Error).message.trimEnd()}`);
  }
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Checks the content of the file. A typing error must not lead to another table. @throws UsageError */
function contextsOf(value: unknown): Contexts {
  if (!isObject(value)) throw new UsageError("must be an object with 'contexts' and 'currentContext'");
  const { contexts = {}, currentContext = LOCAL, ...rest } = value;
  for (const name of Object.keys(rest))
    throw new UsageError(`unknown setting '${name}'. Known settings: contexts, currentContext`);
  if (!isObject(contexts)) throw new UsageError('contexts: must be an object with a context for each name');
  if (typeof currentContext !== 'string') throw new UsageError('currentContext: must be the name of a context');
  const read = new Map(Object.entries(contexts).map(([name, each]) => [name, endpointOf(name, each)]));
  if (currentContext !== LOCAL && !read.has(currentContext))
    throw new UsageError(`currentContext: ${unknownContext(currentContext, read)}`);
  return { current: currentContext, contexts: read };
}

function endpointOf(name: string, value: unknown): Endpoint {
  const where = `contexts.${name}`;
  if (!isObject(value)) throw new UsageError(`${where}: must be an object with a 'server'`);
  for (const [member, each] of Object.entries(value)) {
    if (!(MEMBERS as readonly string[]).includes(member))
      throw new UsageError(`${where}: unknown setting '${member}'. Known settings: ${MEMBERS.join(', ')}`);
    if (typeof each !== 'string' || each === '') throw new UsageError(`${where}.${member}: must be text`);
  }
  const endpoint = value as unknown as Endpoint;
  checkServer(endpoint.server ?? '', `${where}.server`);
  return endpoint;
}

const unknownContext = (name: string, contexts: ReadonlyMap<string, unknown>): string =>
  `unknown context '${name}'. Contexts: ${[LOCAL, ...contexts.keys()].join(', ')}`;

/** The server of a context. `undefined` for the local table. @throws UsageError for an unknown name */
export function endpointNamed({ contexts }: Contexts, name: string, where: string): Endpoint | undefined {
  if (name === LOCAL) return undefined;
  const endpoint = contexts.get(name);
  if (endpoint === undefined) throw new UsageError(`${where}: ${unknownContext(name, contexts)}`);
  return endpoint;
}
