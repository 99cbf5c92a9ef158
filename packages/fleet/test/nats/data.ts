import { hashToken, SCOPES, type Scope, type StoredToken } from '@conntrack/api';
import type { Flow } from '@conntrack/flow';

/** The token of all test nodes. */
export const TOKEN = 'test-token-with-every-scope';

/** TCP flow number `n`. */
export const tcpFlow = (n: number): Flow => ({
  id: 1000 + n,
  family: 'ipv4',
  protocol: 'tcp',
  protonum: 6,
  original: { src: `10.${n >> 16}.${(n >> 8) & 255}.${n & 255}`, dst: '198.51.100.7', sport: 40000, dport: 443 },
  reply: { src: '198.51.100.7', dst: `10.${n >> 16}.${(n >> 8) & 255}.${n & 255}`, sport: 443, dport: 40000 },
  state: 'ESTABLISHED',
  status: ['SEEN_REPLY', 'ASSURED', 'CONFIRMED'],
  timeout: 600,
  mark: n & 1,
});

export const flows = (count: number): Flow[] => Array.from({ length: count }, (_, n) => tcpFlow(n));

export const tokenOf = (name: string, token: string, scopes: readonly Scope[] = SCOPES): StoredToken => ({
  name,
  sha256: hashToken(token),
  scopes,
});
