/**
 * A `fetch` for Node that supports unix sockets and client certificates.
 *
 * @module
 */
export { type NodeFetchOptions, nodeFetch } from './node-fetch.js';
