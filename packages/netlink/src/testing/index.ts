export { type Answer, acknowledgement, done, entry, refusal } from './answers.js';
export { type Script, type ScriptedKernel, type ScriptedRequest, scriptedKernel } from './scripted-kernel.js';
