import type { FilterError } from '@conntrack/filter';
import type { ParseError } from '@conntrack/parser';
import type { TableErrorDetails } from '@conntrack/table';
import { quoted } from './quoted.js';

/** What was asked when an error occurred. */
export interface Asked {
  /** The verb. A missing privilege is noticed when the table is opened, before the verb starts. */
  readonly verb?: string | undefined;
  /** The command line without the program's name. */
  readonly argv?: readonly string[];
  /** Whether the user is root, as far as the process knows. */
  readonly root?: boolean;
}

type Details = Readonly<TableErrorDetails>;

/** How this process can get the capability that the kernel's table requires. */
function capability({ argv = ['list'], root }: Asked): string {
  if (root)
    return 'root has no CAP_NET_ADMIN here. In a container, add it: docker run --cap-add NET_ADMIN, or securityContext.capabilities.add in Kubernetes';
  return [
    `for this command: sudo ${['ctctl', ...argv].map(quoted).join(' ')}`,
    `for all programs of this Node.js: sudo setcap cap_net_admin+ep ${quoted(process.execPath)}`,
  ].join('\n');
}

const tooMany = ({ matched }: Details): string =>
  `to see the entries: --dry-run. To change them all: --max-affected ${matched ?? 'N'}`;

/** Hints by error code, for errors that do not know about the command line. */
const FIXES: Readonly<Record<string, (details: Details, asked: Asked) => string | undefined>> = {
  NOT_PRIVILEGED: ({ missing }, asked) => (missing === 'capability' ? capability(asked) : undefined),
  TOO_MANY_AFFECTED: tooMany,
  EXPECT_MISMATCH: () => 'preview the matching entries with --dry-run',
  FLOW_EXISTS: () => 'to change the existing entry, use update',
  EMFILE: () => 'this process cannot open more files. Raise the limit: ulimit -n 1024',
  LISTEN_IN_USE: () => 'choose another address with --listen HOST:PORT',
  LISTEN_INVALID: () => 'check the address of --listen',
};

/** Hints for problems of a server and of the connection to it, by their code. They replace the hints above. */
const SERVER_FIXES: Readonly<Record<string, string>> = {
  unauthenticated: 'give a token with --token-file FILE or $CTCTL_TOKEN; on the server, ctctl token makes one',
  'scope-missing': 'use a token that has the scope; on the server, ctctl token NAME --scopes makes one',
  'host-forbidden': 'on the server, allow the name with --host',
  'route-not-found':
    'check the address of the server. Other network namespaces are served with: ctctl serve --also-netns NAME',
  'not-privileged': 'the server needs CAP_NET_ADMIN: start it with sudo',
  CONNECTION_FAILED: 'check that the server runs at this address. To start one there: ctctl serve',
};

/** The hint for an error: by what its server returned, or by its own code. */
function hintOf(error: Error, asked: Asked): string | undefined {
  const { cause, details = {} } = error as Error & { details?: Details };
  const problem = cause instanceof Error && /^(Api|Client)Error$/.test(cause.name) ? codeOf(cause) : '';
  return SERVER_FIXES[problem] ?? FIXES[codeOf(error)]?.(details, asked);
}

const codeOf = (error: Error): string => String((error as { code?: unknown }).code);

const indented = (text: string): string => text.replace(/^/gm, '  ');

/** The text of an error for people: what is wrong, where, and what to do. */
export function describe(error: unknown, asked: Asked = {}): string {
  if (!(error instanceof Error)) return `ctctl: ${String(error)}`;
  if (error.name === 'FilterError')
    return `ctctl: invalid filter\n${(error as FilterError).issues.map(issue => indented(issue.snippet)).join('\n')}`;
  if (error.name === 'ParseError') {
    const { code, message, snippet } = error as ParseError;
    // With other codes, skipping would remove every line: of a log, or of text in another format.
    const skip =
      code === 'ENTRY_EXPECTED' || code === 'NOTHING_READ' ? '' : '\nto skip invalid lines: --skip-bad-lines';
    return `ctctl: invalid capture: ${message}\n${indented(snippet)}${skip}`;
  }
  const cannot = codeOf(error) === 'NOT_PRIVILEGED' && asked.verb !== undefined ? `cannot ${asked.verb}: ` : '';
  const hint = hintOf(error, asked);
  return `ctctl: ${cannot}${error.message}${hint === undefined ? '' : `\n${hint}`}`;
}
