/**
 * The connection tracking tables of many hosts as one table.
 *
 * @module
 */

export { missingText } from './ask/report.js';
export { FleetError, type FleetErrorCode } from './error.js';
export { openFleetFile } from './file/fleet-file.js';
export { Fleet } from './fleet.js';
export type { FleetOptions } from './fleet-options.js';
export { fixedInventory, type Inventory } from './inventory.js';
export { type Member, type RemoteMemberOptions, remoteMember } from './member.js';
export { checkNodeId, checkTag } from './node-id.js';
export { ServedFleet } from './served/served-fleet.js';
