/**
 * Text helpers: control characters made safe for terminals, and times in RFC 3339.
 *
 * @module
 */

export { hasControls, printable, printableJson } from './text/printable.js';
export { formatNanoseconds, millisecondsOf, parseNanoseconds } from './text/time.js';
