/**
 * Parsers and writers for statistics: `conntrack -S`, `-C` and /proc/net/stat/nf_conntrack.
 *
 * @module
 */

export { ParseError, type ParseErrorCode } from './core/error.js';
export {
  type CpuCounters,
  formatCount,
  formatProcStats,
  formatStats,
  parseCount,
  parseProcStats,
  parseStats,
} from './stats/counters.js';
