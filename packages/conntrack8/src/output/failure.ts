import type { CommandLetter } from '../argv/commands.js';
import { strerror } from './strerror.js';

/**
 * conntrack(8)'s sentences for an errno, where they differ from strerror(3): first those of one command, then those of
 * all.
 */
const SENTENCES: Readonly<Record<string, string>> = {
  'I EEXIST': 'Such conntrack exists, try -U to update',
  ENOENT: "such conntrack doesn't exist",
  ENOMEM: 'not enough memory',
  EAFNOSUPPORT: 'protocol not supported',
  ETIME: 'conntrack has expired',
  EINVAL: 'invalid parameters',
  EPERM: 'sorry, you must be root or get CAP_NET_ADMIN capability to do this',
  EACCES: 'sorry, you must be root or get CAP_NET_ADMIN capability to do this',
};

/** Commands and tables that use strerror(3) for an errno with a sentence above. */
const PLAIN: Readonly<Record<string, readonly string[]>> = {
  EINVAL: ['A', 'C', 'S', 'CX', 'SX'],
  ENOENT: ['DX', 'GX', 'A', 'U', 'L', 'F'],
};

/**
 * The sentence for a failed operation. `errno` is the errno's name; `fallback` is used for an errno without a sentence.
 */
export function operationText(errno: string, command: CommandLetter, expect: boolean, fallback: string): string {
  const place = expect ? `${command}X` : command;
  if (errno === 'ENOENT' && place === 'IX') return 'master conntrack not found';
  const own = PLAIN[errno]?.includes(place) === true ? undefined : (SENTENCES[`${place} ${errno}`] ?? SENTENCES[errno]);
  return own ?? strerror(errno) ?? fallback;
}
