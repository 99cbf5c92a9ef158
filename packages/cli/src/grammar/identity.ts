import { basename } from 'node:path';
import { conntrackIdentity, type Identity } from '@conntrack/conntrack8';
import { isForVerbs } from './command-line.js';

/** First words that `ctctl` handles itself if they are the only word. */
const OWN: readonly (string | undefined)[] = ['-h', '--help', '-V', '--version'];

/**
 * Decides whether the command line uses conntrack(8)'s grammar. As `conntrack` if the program was started by that name;
 * as `ctctl` if the first word is an option and no verb of `ctctl` follows. Otherwise returns `undefined`.
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
