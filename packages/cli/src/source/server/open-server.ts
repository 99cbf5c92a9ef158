import { readFileSync } from 'node:fs';
import { ConntrackClient } from '@conntrack/client';
import { nodeFetch } from '@conntrack/client/node';
import { RemoteTable } from '@conntrack/client/table';
import type { Io } from '../../process/io.js';
import { UsageError } from '../../process/usage-error.js';
import type { Chosen } from './choose.js';

/** Reads a file that an option or a context names. @throws UsageError */
function fileOf(path: string, what: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    throw new UsageError(`cannot read ${what}: ${(error as Error).message}`);
  }
}

/** The token: from its file, or from $CTCTL_TOKEN. A server also accepts it there as its admin token. */
function tokenOf({ tokenFile }: Chosen, { env }: Pick<Io, 'env'>): string | undefined {
  if (tokenFile === undefined) return env.CTCTL_TOKEN || undefined;
  const token = fileOf(tokenFile, 'the token file').trim();
  if (!/^[\x21-\x7e]+$/.test(token))
    throw new UsageError(`the token file ${tokenFile} must contain the token alone, in one line`);
  return token;
}

/** Makes the client for a server. */
export function clientOf(io: Pick<Io, 'env'>, chosen: Chosen): ConntrackClient {
  const { server, netns, tlsCa, tlsCert, tlsKey } = chosen;
  if (netns?.includes('/'))
    throw new UsageError(`--netns: a server knows its network namespaces by name, not by path; got '${netns}'`);
  const socketPath = /^unix:(\/\/)?(\/.*)/.exec(server)?.[2];
  const client = new ConntrackClient({
    url: socketPath === undefined ? server : 'http://localhost',
    token: tokenOf(chosen, io),
    fetch: nodeFetch({
      ...(socketPath !== undefined && { socketPath }),
      ...(tlsCa !== undefined && { ca: fileOf(tlsCa, 'the CA certificates') }),
      ...(tlsCert !== undefined && { cert: fileOf(tlsCert, 'the client’s certificate') }),
      ...(tlsKey !== undefined && { key: fileOf(tlsKey, 'the client’s key') }),
    }),
    ...(socketPath !== undefined && { compress: false }),
  });
  return netns === undefined ? client : client.netns(netns);
}

/** Opens the table of a server. */
export const openServer = (io: Pick<Io, 'env' | 'signal'>, chosen: Chosen): Promise<RemoteTable> =>
  RemoteTable.open(clientOf(io, chosen), { signal: io.signal });
