/**
 * Names of well-known ports, as filters know them (`dport=https`).
 *
 * @module
 */

import { SERVICES, servicePort } from './language/services.js';

export { SERVICES, servicePort };

/** Returns the service name of a port; `undefined` if there is none. Of several names, it is the first. */
export const serviceName = (port: number): string | undefined => SERVICES.find(name => servicePort(name) === port);
