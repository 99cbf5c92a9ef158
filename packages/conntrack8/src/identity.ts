import type { Identity } from './terminal.js';

/** The version of conntrack-tools whose output is reproduced. */
const CONNTRACK_TOOLS = '1.4.7';

/** The identity of the program `conntrack`. `CONNTRACK_TOOLS_VERSION` sets the version in its messages. */
export function conntrackIdentity(env: Readonly<Record<string, string | undefined>>): Identity {
  const version = env.CONNTRACK_TOOLS_VERSION ?? CONNTRACK_TOOLS;
  return { name: 'conntrack', version, title: `conntrack v${version} (conntrack-tools)` };
}
