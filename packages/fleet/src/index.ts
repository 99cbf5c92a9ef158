/**
 * The connection tracking tables of many hosts as one table.
 *
 * @module
 */

export { FleetError, type FleetErrorCode } from './error.js';
export { fixedInventory, type Inventory } from './inventory.js';
export { type Member, type RemoteMemberOptions, remoteMember } from './member.js';
export { checkNodeId, checkTag } from './node-id.js';
