import { join } from 'node:path';

/**
 * The capture that is used when the kernel's table is not available: a gateway's table with NAT, zones and all
 * protocols, with documentation addresses (RFC 5737, RFC 3849). The folder `samples` is next to both `src` and `dist`.
 */
export const SAMPLE = join(import.meta.dirname, '../samples/gateway.txt');
