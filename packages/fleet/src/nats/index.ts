/**
 * Hosts that dial out: a fleet over a NATS broker. `startAgent` makes a host a node, `NatsHub` asks the nodes.
 *
 * @module
 */
export { type Agent, checkNode, startAgent } from './agent/agent.js';
export type { AgentOptions, AgentReport } from './agent/options.js';
export { type FleetAddress, parseFleetUrl } from './broker/fleet-url.js';
export type { BrokerOptions } from './broker/options.js';
export { FlowPublisher, type FlowPublisherOptions } from './flows/publisher.js';
export type { FleetGap, FleetRow, FleetRowType } from './flows/row.js';
export { type FlowBatch, FlowSource, type FlowSourceOptions } from './flows/source.js';
export type { AskOptions } from './hub/ask.js';
export type { BroadcastOptions, BroadcastRequest, NodeAnswer } from './hub/exchanges.js';
export { type HubOptions, NatsHub } from './hub/hub.js';
export { NodeError, type NodeErrorCode } from './hub/node-error.js';
export type { ExpectedNode, NodeInfo, NodeState } from './hub/roster.js';
export { hubPermissions, nodePermissions, type Permissions, readerPermissions } from './permissions.js';
export type { Audience } from './wire/subjects.js';
