/**
 * Hosts that dial out: a fleet over a NATS broker. `startAgent` makes a host a node, `NatsHub` asks the nodes.
 *
 * @module
 */
export { type Agent, startAgent } from './agent/agent.js';
export type { AgentOptions, AgentReport } from './agent/options.js';
export type { BrokerOptions } from './broker/options.js';
export type { AskOptions } from './hub/ask.js';
export type { BroadcastOptions, BroadcastRequest, NodeAnswer } from './hub/exchanges.js';
export { type HubOptions, NatsHub } from './hub/hub.js';
export { NodeError, type NodeErrorCode } from './hub/node-error.js';
export type { ExpectedNode, NodeInfo, NodeState } from './hub/roster.js';
export { hubPermissions, nodePermissions, type Permissions } from './permissions.js';
export type { Audience } from './wire/subjects.js';
