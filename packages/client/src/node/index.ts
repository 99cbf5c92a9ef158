export { type NodeFetchOptions, nodeFetch } from './node-fetch.js';
