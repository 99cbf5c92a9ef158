import { basename } from 'node:path';
import { conntrackIdentity, type Identity } from '@conntrack/conntrack8';
import { isForVerbs } from './verbs.js';

/** Words that `ctctl` answers itself where they stand alone. */
const OWN: readonly (string | undefined)[] = ['-h', '--help', '-V', '--version'];

/**
 * As what a process speaks conntrack(8)'s grammar: as `conntrack` where it was started by that name, as `ctctl` where its first word is an option and no
 * verb of `ctctl` follows; `undefined` where it does not.
 */
export function identityOf(
  argv: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
  ownVersion: () => string,
): Identity | undefined {
  if (basename(argv[1] ?? '') === 'conntrack') return conntrackIdentity(env);
  if (argv[2]?.startsWith('-') !== true || (argv.length === 3 && OWN.includes(argv[2]))) return undefined;
  if (isForVerbs(argv.slice(2))) return undefined;
  const version = ownVersion();
  return { name: 'ctctl', version, title: `ctctl v${version}` };
}
