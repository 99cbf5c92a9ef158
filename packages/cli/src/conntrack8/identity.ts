import { basename } from 'node:path';
import { isForVerbs } from '../verbs.js';
import type { Identity } from './terminal.js';

/** The version of conntrack-tools whose texts are matched. */
const CONNTRACK_TOOLS = '1.4.7';

/** Words that `ctctl` answers itself where they stand alone. */
const OWN: readonly (string | undefined)[] = ['-h', '--help', '-V', '--version'];

/**
 * As what a process speaks conntrack(8)'s grammar: as `conntrack` where it was started by that name (`CONNTRACK_TOOLS_VERSION` names the version in
 * its messages), as `ctctl` where its first word is an option and no verb of `ctctl` follows; `undefined` where it does not.
 */
export function identityOf(
  argv: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
  ownVersion: () => string,
): Identity | undefined {
  if (basename(argv[1] ?? '') === 'conntrack') {
    const version = env.CONNTRACK_TOOLS_VERSION ?? CONNTRACK_TOOLS;
    return { name: 'conntrack', version, title: `conntrack v${version} (conntrack-tools)` };
  }
  if (argv[2]?.startsWith('-') !== true || (argv.length === 3 && OWN.includes(argv[2]))) return undefined;
  if (isForVerbs(argv.slice(2))) return undefined;
  const version = ownVersion();
  return { name: 'ctctl', version, title: `ctctl v${version}` };
}
