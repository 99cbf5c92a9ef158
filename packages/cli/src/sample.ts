import { fileURLToPath } from 'node:url';

/**
 * The capture that is used when the kernel's table is not available: a gateway's table with NAT, zones and all
 * protocols, with documentation addresses (RFC 5737, RFC 3849). The folder `samples` is next to both `src` and `dist`.
 */
export const SAMPLE = fileURLToPath(new URL('../samples/gateway.txt', import.meta.url));
