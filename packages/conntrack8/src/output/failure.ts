import type { CommandLetter } from '../argv/commands.js';
import { strerror } from './strerror.js';

/** Sentences of conntrack(8) for an errno, where they are not strerror(3)'s: those of one command, then those of any. */
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

/** Commands, and tables, for which a sentence is not conntrack's own but strerror(3)'s. */
const PLAIN: Readonly<Record<string, readonly string[]>> = {
  EINVAL: ['A', 'C', 'S', 'CX', 'SX'],
  ENOENT: ['DX', 'GX', 'A', 'U', 'L', 'F'],
};

/** What an operation's failure is called. `errno` is its name; `fallback` stands for an errno that nobody named. */
export function operationText(errno: string, command: CommandLetter, expect: boolean, fallback: string): string {
  const place = expect ? `${command}X` : command;
  if (errno === 'ENOENT' && place === 'IX') return 'master conntrack not found';
  const own = PLAIN[errno]?.includes(place) === true ? undefined : (SENTENCES[`${place} ${errno}`] ?? SENTENCES[errno]);
  return own ?? strerror(errno) ?? fallback;
}
