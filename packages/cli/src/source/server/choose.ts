import type { Io } from '../../process/io.js';
import { UsageError } from '../../process/usage-error.js';
import { endpointNamed, LOCAL, readContexts } from './contexts.js';
import { checkServer, type Endpoint } from './endpoint.js';

/** The options that choose a server. */
export interface ServerOptions {
  server?: string;
  tokenFile?: string;
  context?: string;
}

/** A server that was chosen, and by which context. */
export interface Chosen extends Endpoint {
  context?: string;
}

/**
 * The server that a command works on; `undefined` for a local table. In this order: `--server`, `--context`,
 * `--source`, $CTCTL_SERVER, $CTCTL_CONTEXT, the current context.
 *
 * @throws UsageError
 */
export async function chosenServer(
  { env }: Pick<Io, 'env'>,
  options: ServerOptions & { source?: string; netns?: string },
): Promise<Chosen | undefined> {
  const { server, context, source, netns, tokenFile } = options;
  const own = { ...(tokenFile !== undefined && { tokenFile }), ...(netns !== undefined && { netns }) };
  const at = (address: string, where: string): Chosen => ({
    ...(env.CTCTL_TOKEN_FILE && { tokenFile: env.CTCTL_TOKEN_FILE }),
    server: checkServer(address, where),
    ...own,
  });
  const local = (): undefined => {
    if (tokenFile !== undefined)
      throw new UsageError('--token-file does not apply here: the table is local. Use it with --server or --context');
  };
  if (server !== undefined) return at(server, '--server');
  if (context === undefined) {
    if (source !== undefined) return local();
    if (env.CTCTL_SERVER) return at(env.CTCTL_SERVER, 'CTCTL_SERVER');
  }
  const contexts = await readContexts(env);
  const [name, where] =
    context !== undefined
      ? [context, '--context']
      : env.CTCTL_CONTEXT
        ? [env.CTCTL_CONTEXT, 'CTCTL_CONTEXT']
        : [contexts.current, ''];
  if (name === LOCAL) return local();
  return { ...endpointNamed(contexts, name, where)!, ...own, context: name };
}
