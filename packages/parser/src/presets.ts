/**
 * Writers for lists of flows by the name of a preset (`plain`, `csv`, `ndjson` …), as the HTTP API and `ctctl` use them.
 *
 * @module
 */

export { LOSSES, type Loss } from './write/losses.js';
export { type FlowWriter, flowWriter, PRESET_NAMES, type PresetName, type WriterOptions } from './write/presets.js';
