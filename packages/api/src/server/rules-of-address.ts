import { hostname } from 'node:os';
import { type Principal, READ_SCOPES, SCOPES, type Scope } from '../auth/scopes.js';
import type { HostPolicy, ListenerRules, TrustedProxies } from '../http/guard/listener-rules.js';
import { isLocal, isWildcard, type ListenAddress } from './listen-address.js';
import { certificateHolders, type TlsOptions } from './tls.js';

/** The options of an address that its rules depend on. */
interface RulesOptions {
  readonly scopes?: readonly Scope[];
  readonly tls?: TlsOptions;
}

/** The options of a server that the rules depend on. */
interface RulesContext {
  readonly anonymous: 'none' | 'read';
  readonly hosts: readonly string[];
  readonly proxies: TrustedProxies | undefined;
  readonly limits: { readonly request: number };
}

function hostsOf(address: ListenAddress, more: readonly string[]): HostPolicy | undefined {
  if (address.kind !== 'tcp') return undefined;
  const names = [
    address.host,
    ...(address.name ? [address.name] : []),
    ...(isWildcard(address) ? [hostname()] : []),
    ...more,
  ];
  return { names: names.map(name => name.toLowerCase()), anyAddress: isWildcard(address) };
}

const ANONYMOUS: Principal = { name: 'anonymous', scopes: READ_SCOPES };

/** The rules of an address, once it is known what it is. */
export function rulesOf(
  address: ListenAddress,
  { tls, scopes = SCOPES }: RulesOptions,
  context: RulesContext,
): ListenerRules {
  // A unix socket is protected by its file's mode: its owner, its group if configured, and root can open it. A socket
  // without a file (an inherited abstract one) is open to every program on the host.
  const guarded = address.kind === 'unix' && address.path.startsWith('/');
  const open = guarded
    ? { name: 'unix-socket', scopes }
    : context.anonymous === 'read' && isLocal(address)
      ? ANONYMOUS
      : undefined;
  const holder = tls?.clients && certificateHolders(tls.clients);
  return {
    hosts: hostsOf(address, context.hosts),
    ...(context.proxies && { proxies: context.proxies }),
    bodyTime: context.limits.request,
    identify: incoming => holder?.(incoming) ?? open,
  };
}
