export { hasControls, printable, printableJson } from './text/printable.js';
export { formatNanoseconds, millisecondsOf, parseNanoseconds } from './text/time.js';
