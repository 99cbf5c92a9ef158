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
