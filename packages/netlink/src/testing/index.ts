/**
 * A scripted kernel for tests: answers requests and sends events without Linux or privileges.
 *
 * @module
 */

export { type Answer, acknowledgement, done, entry, refusal } from './answers.js';
export { type Script, type ScriptedKernel, type ScriptedRequest, scriptedKernel } from './scripted-kernel.js';
