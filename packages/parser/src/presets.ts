export { LOSSES, type Loss } from './write/losses.js';
export { type FlowWriter, flowWriter, PRESET_NAMES, type PresetName, type WriterOptions } from './write/presets.js';
