import { request } from 'node:http';
import { type RequestOptions, request as secureRequest } from 'node:https';
import { DEFAULT_LISTEN } from '@conntrack/api/options';
import type { Config } from '../config/index.js';
import { UsageError } from '../process/usage-error.js';

/** Milliseconds until a silent server counts as dead. */
const PATIENCE = 3_000;

/** An address to probe, from the settings of a server. */
interface Target {
  address: string;
  tls: boolean;
  options: RequestOptions;
}

/** An address that means all addresses includes loopback. */
const LOOPBACK: Readonly<Record<string, string>> = { '0.0.0.0': '127.0.0.1', '::': '::1' };

/** The addresses that another process can connect to: not inherited sockets. */
function targetsOf({ listen = [{ address: DEFAULT_LISTEN }], tls }: Config): Target[] {
  return listen.flatMap((each): Target[] => {
    const { address } = each;
    if (address.startsWith('unix:')) return [{ address, tls: false, options: { socketPath: address.slice(5) } }];
    const [, v6, name, port] = /^(?:\[([^\]]+)\]|([^:]+)):(\d+)$/.exec(address) ?? [];
    const host = v6 ?? name;
    if (host === undefined || port === '0') return [];
    const secure = ('tls' in each && each.tls !== undefined) || tls !== undefined;
    return [{ address, tls: secure, options: { host: LOOPBACK[host] ?? host, port } }];
  });
}

/** Probes one address. Resolves if the server is alive. @throws the reason why not */
function ask({ tls, options }: Target): Promise<void> {
  return new Promise((resolve, reject) => {
    // The certificate is not verified: it is for the names that clients use, and nothing secret is sent.
    const shared = { ...options, path: '/livez', headers: { host: 'localhost' }, timeout: PATIENCE, agent: false };
    const asked = tls ? secureRequest({ ...shared, rejectUnauthorized: false }) : request(shared);
    asked.on('response', response => {
      response.resume();
      if (response.statusCode === 200) resolve();
      else reject(new Error(`it responds with status ${response.statusCode}`));
    });
    asked.on('timeout', () => asked.destroy(new Error(`no response within ${PATIENCE / 1000} s`)));
    // A server that requires a client certificate has responded by asking for one.
    asked.on('error', (error: NodeJS.ErrnoException) =>
      /CERTIFICATE_REQUIRED|HANDSHAKE_FAILURE/.test(error.code ?? '') ? resolve() : reject(error),
    );
    asked.end();
  });
}

/**
 * Probes the server with these settings. Returns the address that responded.
 *
 * @throws Error with the reason for each address
 */
export async function probe(config: Config): Promise<string> {
  const targets = targetsOf(config);
  if (targets.length === 0)
    throw new UsageError('--probe requires an address with a port or a path; inherited sockets cannot be probed');
  const faults: string[] = [];
  for (const target of targets)
    try {
      await ask(target);
      return target.address;
    } catch (error) {
      faults.push(`${target.address}: ${(error as Error).message}`);
    }
  throw new Error(`the server does not respond: ${faults.join('; ')}`);
}
