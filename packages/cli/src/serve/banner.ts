import { type LocalTable, TRACKING_RULES } from '@conntrack/table';

/** The facts that the banner shows. */
export interface BannerOptions {
  /** The URLs of the server, at least one. */
  urls: readonly string[];
  anonymous: 'none' | 'read';
  /** The token that was generated for this run. Absent if the user gave one. */
  adminToken?: string;
  /** Whether the user gave an admin token. */
  given: boolean;
  readOnly: boolean;
  demo: boolean;
  /** Whether the server has the web console. */
  console: boolean;
}

/** A command line to try. */
function curl({ urls, anonymous, adminToken }: BannerOptions): string {
  const url = urls[0]!;
  const path = "/conntrack?proto=tcp&state=ESTABLISHED'";
  if (url.startsWith('unix:')) return `curl --unix-socket ${url.slice(5)} 'http://localhost${path}`;
  const header = anonymous === 'read' ? '' : ` -H 'Authorization: Bearer ${adminToken ?? 'TOKEN'}'`;
  return `curl${header} '${url}${path}`;
}

function access(options: BannerOptions, writable: boolean): string {
  const fixed = options.readOnly || !writable;
  if (options.urls[0]!.startsWith('unix:'))
    return `clients that can open the socket need no token${fixed ? ', changes are disabled' : ''}`;
  const token = options.given || options.adminToken !== undefined ? 'the admin token' : 'a token';
  const reading = options.anonymous === 'read' ? 'reading is open' : `reading needs ${token}`;
  const changing = fixed
    ? 'changes are disabled'
    : options.anonymous === 'read'
      ? `changing needs ${token}`
      : 'changing too';
  return `${reading}, ${changing}`;
}

/** The lines that the server prints when it starts: what it serves, where, how to try it, and who may change it. */
export async function banner(table: LocalTable, options: BannerOptions): Promise<string> {
  const { kind, name, writable } = table.source;
  const { count, notes } = await table.capabilities();
  const entries = count ?? (await table.count());
  const served = options.demo ? 'demo: private network namespaces with NAT and real traffic' : name;
  const page = options.console ? options.urls.find(url => !url.startsWith('unix:')) : undefined;
  const lines = [
    `source   ${served}, ${entries} ${entries === 1 ? 'entry' : 'entries'}`,
    `serving  ${options.urls[0]}  (${access(options, writable)})`,
    ...options.urls.slice(1).map(url => `         ${url}`),
    ...(page === undefined ? [] : [`console  ${page}/  (open it in a browser)`]),
    `try      ${curl(options)}`,
  ];
  if (options.adminToken !== undefined) lines.push(`token    ${options.adminToken}  (admin, for this run)`);
  if (kind === 'kernel' && entries === 0)
    lines.push(
      'The table is empty: the kernel tracks connections only if a firewall rule requires it. These lines turn it on:',
      ...TRACKING_RULES.map(rule => `  ${rule}`),
    );
  else for (const note of notes) lines.push(`note     ${note}`);
  return lines.join('\n');
}
