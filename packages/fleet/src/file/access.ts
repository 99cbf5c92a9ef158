import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { nodeFetch } from '@conntrack/client/node';
import { FleetError } from '../error.js';
import { type Member, type RemoteMemberOptions, remoteMember } from '../member.js';

/** The credentials for a node, as a file names them. */
export interface Access {
  readonly token?: string;
  readonly tokenFile?: string;
  /** Files in PEM: the CA that signed the node's certificate, and the certificate and key of this hub. */
  readonly tlsCa?: string;
  readonly tlsCert?: string;
  readonly tlsKey?: string;
}

/** What a member needs of its credentials. */
export type MemberAccess = Pick<RemoteMemberOptions, 'fetch' | 'token'>;

function read(path: string, what: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    throw new FleetError('INVENTORY_INVALID', `cannot read ${what}: ${(error as Error).message}`, { cause: error });
  }
}

function tokenIn(path: string): string {
  const token = read(path, 'the token file').trim();
  if (/^[\x21-\x7e]+$/.test(token)) return token;
  throw new FleetError('INVENTORY_INVALID', `the token file ${path} must contain the token alone, in one line`);
}

/** Reads the credentials. @throws FleetError INVENTORY_INVALID */
export function accessOf({ token, tokenFile, tlsCa, tlsCert, tlsKey }: Access, folder: string): MemberAccess {
  if (token !== undefined && tokenFile !== undefined)
    throw new FleetError('INVENTORY_INVALID', "'token' and 'tokenFile' exclude each other");
  const path = tokenFile && resolve(folder, tokenFile);
  if (path !== undefined) tokenIn(path);
  const pem = (file: string | undefined, what: string): string | undefined => file && read(resolve(folder, file), what);
  const [ca, cert, key] = [pem(tlsCa, 'tlsCa'), pem(tlsCert, 'tlsCert'), pem(tlsKey, 'tlsKey')];
  const tls = { ...(ca && { ca }), ...(cert && { cert }), ...(key && { key }) };
  return {
    ...(token !== undefined && { token }),
    ...(path !== undefined && { token: () => tokenIn(path) }),
    ...(Object.keys(tls).length > 0 && { fetch: nodeFetch(tls) }),
  };
}

/** Makes the member at a URL, or at a unix socket (`unix:/run/conntrack/api.sock`). */
export function memberAt(
  { id, url, tags }: Pick<RemoteMemberOptions, 'id' | 'url' | 'tags'>,
  access: MemberAccess,
): Member {
  const socketPath = /^unix:(?:\/\/)?(\/.*)/.exec(url)?.[1];
  if (socketPath === undefined) return remoteMember({ id, url, ...(tags && { tags }), ...access });
  return remoteMember({
    id,
    url: 'http://localhost',
    ...(tags && { tags }),
    ...access,
    fetch: nodeFetch({ socketPath }),
  });
}
