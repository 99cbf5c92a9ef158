/**
 * Format detection, and writers for flows and events as single lines.
 *
 * @module
 */

export type { DetectedFormat, FlowFormat, FormatOptions, TextFormat } from './core/formats.js';
export { formatCtime, parseCtime, type TimeZone } from './core/local-time.js';
export { detectFormat } from './detect/detect-format.js';
export { formatEvent, formatFlow } from './write/format-flow.js';
export { XML_FOOTER, XML_HEADER } from './xml/write-flow.js';
