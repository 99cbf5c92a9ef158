import { Command } from 'commander';
import { withBulkOptions } from '../options/bulk.js';
import { checkCommand } from '../options/rules.js';
import { withTupleOptions } from '../options/tuple.js';
import { applyVariables } from '../options/variables.js';
import type { Context } from '../process/context.js';
import { withSettings } from '../serve/settings.js';
import { withSourceOptions } from '../source/source.js';

const FILTER_HELP = `
A filter is a query string or an expression:
  ctctl list 'proto=tcp&state=ESTABLISHED'
  ctctl list 'proto == tcp and dport in {80, 443} and not src in 10.0.0.0/8'`;
const EXIT_HELP = `
Exit codes:
  0  success
  1  the operation failed
  2  the command line, a filter or a capture is invalid
  3  nothing was found to get, update or delete`;

/** Command lines for the help of each verb. */
const EXAMPLES: Readonly<Record<string, readonly string[]>> = {
  list: [
    "ctctl list 'state=ESTABLISHED' --sort -bytes --limit 10",
    'ctctl list -o json',
    'ctctl list --source file:capture.txt',
  ],
  get: [
    'ctctl get ct1.AQAAAgbAqAEKXbjYIsgiAbvK_rq-',
    'ctctl get -p tcp -s 10.0.0.1 -d 10.0.0.2 --sport 40000 --dport 443',
  ],
  create: ['ctctl create -p udp -s 10.0.0.1 -d 10.0.0.2 --sport 40000 --dport 53 -t 5m'],
  update: ["ctctl update 'src=10.0.0.1' --mark 7", 'ctctl update ct1.AQAAAgbAqAEKXbjYIsgiAbvK_rq- --timeout 1h'],
  delete: ["ctctl delete 'dst=10.0.0.2&dport=443' --dry-run", 'ctctl delete ct1.AQAAAgbAqAEKXbjYIsgiAbvK_rq-'],
  flush: ['ctctl flush --zone 7', 'ctctl flush --yes'],
  count: ['ctctl count', "ctctl count 'proto=udp&unreplied'"],
  serve: ['ctctl serve', 'ctctl serve --anonymous read', 'ctctl serve --config /etc/conntrack/server.yaml'],
  token: ["ctctl token controller --scopes flows:read,flows:delete --filter 'src=10.0.0.0/8' --expires 90d"],
};
const examplesOf = (verb: string): string => `\nExamples:\n  ${EXAMPLES[verb]!.join('\n  ')}`;

const FORMATS = 'text, extended, id, ktimestamp, labels (these combine: extended,id), json, ndjson, csv, save, xml';

/** Receives the exit code of a command. */
export interface Outcome {
  code: number;
}

/** What the functions below need to add verbs. */
interface Grammar {
  readonly root: Command;
  readonly context: Context;
  /** Receives the exit code of the verb. */
  done(code: number): void;
  /** Adds a verb that works on a table. */
  command(usage: string, summary: string): Command;
}

const formatted = (it: Command, by = 'text'): Command => it.option('-o, --output <format>', FORMATS, by);

/**
 * Defines the command line: of one verb only if the command line begins with it, because commander takes some
 * milliseconds for all verbs. The code of a verb is loaded when it runs.
 */
export function program(context: Context, version: string, outcome: Outcome, verb?: string): Command {
  const root = new Command('ctctl')
    .description('List, get, create, update and delete tracked connections, and serve them over HTTP')
    .version(version, '-V, --version')
    .addHelpText('after', FILTER_HELP + EXIT_HELP);
  const done = (code: number): void => {
    outcome.code = code;
  };
  root.hook('preAction', (_, verb) => {
    // The options of the server are checked later, together with its configuration file.
    if (verb.name() === 'serve') return;
    applyVariables(verb, context.io.env);
    checkCommand(verb);
  });
  const grammar: Grammar = {
    root,
    context,
    done,
    command: (usage, summary) => withSourceOptions(root.command(usage).description(summary)),
  };
  const known = verb !== undefined && Object.hasOwn(ADD, verb);
  for (const add of known ? [ADD[verb]!] : Object.values(ADD)) add(grammar);
  for (const each of root.commands) each.addHelpText('after', examplesOf(each.name()));
  return root;
}

/** Adds a verb to the grammar, in the order of the help. */
const ADD: Readonly<Record<string, (grammar: Grammar) => void>> = {
  list: addList,
  get: addGet,
  create: addCreate,
  update: addUpdate,
  delete: addDelete,
  flush: addFlush,
  count: addCount,
  serve: addServe,
  token: addToken,
};

function addList({ command, context, done }: Grammar): void {
  formatted(command('list [filter...]', 'list the entries that match a filter'))
    .option('--sort <fields>', 'sort by these fields, - for descending order: -bytes,src')
    .option('--limit <count>', 'maximum number of entries (default for sorted lists: 1000)')
    .addHelpText('after', FILTER_HELP)
    .action(async (words, options) => done(await (await import('../verbs/list.js')).list(context, words, options)));
}

function addGet({ command, context, done }: Grammar): void {
  formatted(withTupleOptions(command('get [key]', 'get one entry by its key or by its complete tuple')))
    .option('--reply', 'the tuple is that of the reply direction')
    .action(async (key, options) => done(await (await import('../verbs/get.js')).get(context, key, options)));
}

function addCreate({ command, context, done }: Grammar): void {
  formatted(withTupleOptions(command('create', 'create an entry')))
    .option('-r, --reply-src <address>', 'source of the reply direction (default: the destination)')
    .option('-q, --reply-dst <address>', 'destination of the reply direction (default: the source)')
    .option('--reply-port-src <port>', 'source port of the reply direction')
    .option('--reply-port-dst <port>', 'destination port of the reply direction')
    .option('-n, --src-nat <address[:port]>', 'NAT of the source')
    .option('-g, --dst-nat <address[:port]>', 'NAT of the destination')
    .option('-t, --timeout <time>', 'time until the entry expires without traffic: seconds, or 90s, 5m, 12h, 2d', '120')
    .option('--state <state>', 'TCP, SCTP or DCCP state')
    .option('-u, --status <bits>', 'status bits to set: ASSURED,SEEN_REPLY')
    .option('-m, --mark <mark>', 'connection mark')
    .option('-l, --labels <labels>', 'labels: bit numbers, or names in connlabel.conf')
    .option('--helper <name>', 'connection tracking helper')
    .option('--orig-zone <number>', 'zone of the original direction only')
    .option('--reply-zone <number>', 'zone of the reply direction only')
    .action(async options => done(await (await import('../verbs/create.js')).create(context, options)));
}

function addUpdate({ command, context, done }: Grammar): void {
  withBulkOptions(formatted(command('update <key|filter...>', 'change one entry, or all entries that match a filter')))
    .option('-m, --mark <mark[/mask]>', 'set the mark; with a mask, the new mark is (old & ~mask) ^ mark')
    .option('-t, --timeout <time>', 'new time until an entry expires without traffic: seconds, or 90s, 5m, 12h, 2d')
    .option('-u, --status <bits>', 'additional status bits to set')
    .option('-l, --labels <labels>', 'replace all labels: bit numbers, or names in connlabel.conf')
    .option('--label-add <labels>', 'set these labels')
    .option('--label-del <labels>', 'clear these labels')
    .option('--detach-helper', 'detach the helper')
    .action(async (words, options) => done(await (await import('../verbs/update.js')).update(context, words, options)));
}

function addDelete({ command, context, done }: Grammar): void {
  withBulkOptions(
    formatted(command('delete [key|filter...]', 'delete one entry, or all entries that match a filter')),
  ).action(async (words, options) => done(await (await import('../verbs/delete.js')).remove(context, words, options)));
}

function addFlush({ command, context, done }: Grammar): void {
  command('flush', 'delete all entries, or all entries of a family, zone or mark')
    .option('-y, --yes', 'delete without asking for confirmation')
    .option('-f, --family <family>', 'only entries of this family: ipv4 or ipv6')
    .option('-w, --zone <number>', 'only entries of this zone')
    .option('-m, --mark <mark[/mask]>', 'only entries with this mark')
    .action(async options => done(await (await import('../verbs/flush.js')).flush(context, options)));
}

function addCount({ command, context, done }: Grammar): void {
  command('count [filter...]', 'count all entries, or the entries that match a filter').action(async (words, options) =>
    done(await (await import('../verbs/count.js')).count(context, words, options)),
  );
}

function addServe({ command, context, done }: Grammar): void {
  withSettings(command('serve', 'serve the table over HTTP'))
    .option('--config <file>', 'settings in YAML or JSON ($CTCTL_CONFIG); flags and $CTCTL_… variables take precedence')
    .option('--check-config', 'check the settings and all files in them, and exit')
    .option('--probe', 'check whether the server with these settings responds, and exit: 0 if it does, 1 if not')
    .option('--token <token>', 'the admin token (default: $CTCTL_TOKEN, or a new one for this run)')
    .option('--demo', 'serve a demo: private network namespaces with NAT and real traffic')
    .action(async (options, self: Command) => {
      // A default must not override the configuration file.
      const source = self.getOptionValueSource('source') === 'default' ? undefined : options.source;
      done(await (await import('../verbs/serve.js')).serveTable(context, { ...options, source }));
    });
}

function addToken({ root, context, done }: Grammar): void {
  root
    .command('token [name]')
    .description('create a token for the HTTP API, and print its lines for the server’s token file')
    .option(
      '--scopes <scopes>',
      'scopes of the token: flows:read,flows:delete … (default: flows:read,flows:watch,stats:read)',
    )
    .option('--filter <filter>', 'limit the token to flows that match this filter')
    .option('--expires <time>', 'when the token expires: 90d, or 2027-01-01T00:00:00Z (default: never)')
    .option('--hash', 'read a token from standard input, and print its hash')
    .action(async (name, options) => done(await (await import('../verbs/token.js')).token(context, name, options)));
}
