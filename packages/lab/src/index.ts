/**
 * Private network namespaces with NAT and real traffic, for tests and demos. Needs root or a user namespace.
 *
 * @module
 */

export { labAvailable } from './available.js';
export { DEMO_LAB } from './demo-cast.js';
export { type DemoTraffic, startDemoTraffic } from './demo-traffic.js';
export { LabError } from './error.js';
export { Namespace, type RunOptions, type RunResult } from './namespace.js';
export { createNatLab, type NatLab, type NatLabOptions } from './nat-lab.js';
export type { TrackingOptions } from './ruleset.js';
export type { HostAddresses, LabAddresses } from './topology.js';
export type { Echo } from './traffic/echo.js';
export type { TrafficHandle } from './traffic/handle.js';
export type { UnansweredSyn } from './traffic/syn.js';
export type { Exchange, TcpConnection } from './traffic/tcp.js';
export type { PortOptions, Traffic, TrafficOptions, UdpOptions } from './traffic/traffic.js';
export type { UdpExchange } from './traffic/udp.js';
