import { resolve } from 'node:path';
import type { Context } from '../process/context.js';
import { EXIT } from '../process/exit-codes.js';
import { say } from '../process/io.js';
import { UsageError } from '../process/usage-error.js';
import { type Contexts, contextsFile, endpointNamed, LOCAL, readContexts } from '../source/server/contexts.js';
import { checkServer, type Endpoint } from '../source/server/endpoint.js';
import { contextsText, writeContexts } from '../source/server/write-contexts.js';

/** The options of `ctctl config set-context`. */
export type ConfigOptions = Partial<Endpoint>;

/** What `ctctl config` does, by its first argument. Each returns the changed contexts, if it changes them. */
const ACTIONS = {
  view,
  'get-contexts': getContexts,
  'set-context': setContext,
  'use-context': useContext,
  'delete-context': deleteContext,
};

/** Runs `ctctl config ACTION [NAME]`: shows and changes the servers that the user knows by name. */
export async function config(
  context: Context,
  action: string,
  name: string | undefined,
  options: ConfigOptions,
): Promise<number> {
  if (!Object.hasOwn(ACTIONS, action))
    throw new UsageError(`config: unknown action '${action}'. Actions: ${Object.keys(ACTIONS).join(', ')}`);
  const act = ACTIONS[action as keyof typeof ACTIONS];
  const named = act === setContext || act === useContext || act === deleteContext;
  if (named && name === undefined) throw new UsageError(`config ${action} requires the name of a context`);
  if (!named && name !== undefined) throw new UsageError(`config ${action} has no argument. Remove '${name}'`);
  const given = Object.keys(options);
  if (act !== setContext && given.length > 0)
    throw new UsageError(`config ${action} has no options; config set-context has`);
  await act(context, await readContexts(context.io.env), name!, options);
  return EXIT.ok;
}

async function view({ output }: Context, contexts: Contexts): Promise<void> {
  await output.write(contextsText(contexts));
}

/** Prints a line for each context; a star marks the current one. */
async function getContexts({ output }: Context, { current, contexts }: Contexts): Promise<void> {
  const rows = [
    ['', 'NAME', 'SERVER', 'NAMESPACE'],
    ...[[LOCAL, { server: 'this host' } as Endpoint] as const, ...contexts].map(([name, { server, netns = '' }]) => [
      name === current ? '*' : '',
      name,
      server,
      netns,
    ]),
  ];
  const widths = rows[0]!.map((_, i) => Math.max(...rows.map(row => row[i]!.length)));
  const line = (row: readonly string[]) =>
    row
      .map((cell, i) => cell.padEnd(widths[i]!))
      .join('  ')
      .trimEnd();
  await output.write(rows.map(row => `${line(row)}\n`).join(''));
}

async function setContext({ io }: Context, contexts: Contexts, name: string, options: ConfigOptions): Promise<void> {
  if (name === LOCAL) throw new UsageError(`the context '${LOCAL}' is the table of this host. Choose another name`);
  if (!/^[\w.@-]+$/.test(name))
    throw new UsageError(`config set-context: a name has letters, digits and . _ - @ only, got '${name}'`);
  const files = Object.entries(options).map(([member, value]) => [
    member,
    member === 'server' || member === 'netns' ? value : resolve(value),
  ]);
  const endpoint = { ...contexts.contexts.get(name), ...Object.fromEntries(files) } as Partial<Endpoint>;
  if (endpoint.server === undefined)
    throw new UsageError(`config set-context ${name}: a new context requires --server`);
  checkServer(endpoint.server, '--server');
  contexts.contexts.set(name, endpoint as Endpoint);
  await writeContexts(io, contexts);
  say(io, `context ${name} saved in ${contextsFile(io.env)}. To use it by default: ctctl config use-context ${name}`);
}

async function useContext({ io }: Context, contexts: Contexts, name: string): Promise<void> {
  const endpoint = endpointNamed(contexts, name, 'config use-context');
  contexts.current = name;
  await writeContexts(io, contexts);
  say(io, `commands now work on ${endpoint === undefined ? 'the table of this host' : endpoint.server}`);
}

async function deleteContext({ io }: Context, contexts: Contexts, name: string): Promise<void> {
  if (endpointNamed(contexts, name, 'config delete-context') === undefined)
    throw new UsageError(`the context '${LOCAL}' is the table of this host and cannot be deleted`);
  contexts.contexts.delete(name);
  const wasCurrent = contexts.current === name;
  if (wasCurrent) contexts.current = LOCAL;
  await writeContexts(io, contexts);
  say(io, `context ${name} deleted${wasCurrent ? '. Commands now work on the table of this host' : ''}`);
}
