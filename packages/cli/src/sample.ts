import { fileURLToPath } from 'node:url';

/**
 * The capture that stands in where the kernel cannot serve: a gateway's table with NAT, zones and all protocols, in documentation
 * addresses (RFC 5737, RFC 3849). `samples` lies beside both `src` and `dist`.
 */
export const SAMPLE = fileURLToPath(new URL('../samples/gateway.txt', import.meta.url));
