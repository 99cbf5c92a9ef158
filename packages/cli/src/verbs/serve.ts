import type { RunningServer, ServeOptions } from '@conntrack/api';
import type { Filter } from '@conntrack/filter';
import type { Agent } from '@conntrack/fleet/nats';
import type { LocalTable } from '@conntrack/table';
import type { Config, FleetSettings } from '../config/index.js';
import { checkOptions } from '../options/rules.js';
import { OutputClosed } from '../output/output.js';
import type { Context } from '../process/context.js';
import { EXIT } from '../process/exit-codes.js';
import { type Io, say } from '../process/io.js';
import { UsageError } from '../process/usage-error.js';
import { banner } from '../serve/banner.js';
import { openHistory, recordSettingsOf } from '../serve/history.js';
import { joinFleet } from '../serve/join-fleet.js';
import { configFile, inherit, loadConfig } from '../serve/load.js';
import { openLog } from '../serve/logs.js';
import { openNamespaces } from '../serve/namespaces.js';
import { collectorsOf, type Recording, startRecording } from '../serve/recording.js';
import { reloading, type WatchedFiles, watchedFiles } from '../serve/reload.js';
import { ReloadCounts } from '../serve/reload-counts.js';
import { serviceManager } from '../serve/service-manager.js';
import type { FleetArguments } from '../source/fleet/options.js';
import { type LocalSourceOptions, openFrom } from '../source/source.js';

/** The options of `ctctl serve` that are not settings. */
export interface ServeArguments extends Pick<LocalSourceOptions, 'skipBadLines'>, FleetArguments {
  config?: string;
  checkConfig?: boolean;
  probe?: boolean;
  token?: string;
  demo?: boolean;
  readonly [setting: string]: unknown;
}

/** Runs `ctctl serve` until it is interrupted, which is a success. */
export async function serveTable(context: Context, options: ServeArguments): Promise<number> {
  const { io, output } = context;
  if (options.token === '') throw new UsageError('--token must not be empty. Omit it to get a new token');
  const { fleetOf, protectOf, serveOptionsOf } = await import('../config/index.js');
  const loaded = await loadConfig(io, options);
  if (options.probe) {
    const { probe } = await import('../serve/probe.js');
    await output.write(`${await probe(loaded)} responds\n`);
    return EXIT.ok;
  }
  const config = options.checkConfig ? loaded : inherit(io, loaded);
  const protect = protectOf(config);
  const files = await watchedFiles(config);
  const settings = serveOptionsOf(config);
  const fleet = await fleetOf(config);
  recordSettingsOf(config);
  const source = sourceOf(options, config);
  checkSource(options, source);
  if (options.checkConfig) {
    await collectorsOf(config);
    const file = configFile(io, options);
    await output.write(`${file ?? 'the command line'}: the configuration is valid\n`);
    return EXIT.ok;
  }
  const run = (table: LocalTable): Promise<number> =>
    serveUntilEnd(context, { table, config, files, settings, options, protect, fleet });
  if (options.demo) {
    const { serveDemo } = await import('../serve/demo.js');
    return serveDemo(io, run, protect);
  }
  if (options.fleetFile !== undefined) {
    if (protect !== undefined)
      throw new UsageError('--protect does not apply here: each host of the fleet protects its own entries');
    const [{ ServedFleet }, { openFleet }] = await Promise.all([
      import('@conntrack/fleet'),
      import('../source/fleet/open-fleet.js'),
    ]);
    // `tag` is the tag of this host in another fleet.
    const { tag: _, ...chosen } = options;
    await using table = new ServedFleet(await openFleet(chosen));
    return await run(table);
  }
  const table = await openFrom(io, source, protect && { protect });
  try {
    return await run(table);
  } finally {
    table.close();
  }
}

type Source = LocalSourceOptions & { source: string };

/** The options for the table's source. */
const sourceOf = ({ skipBadLines }: ServeArguments, { source = 'kernel', netns, index }: Config): Source => ({
  source,
  ...(netns !== undefined && { netns }),
  ...(skipBadLines && { skipBadLines }),
  ...(index && { index }),
});

/** Rejects options that have no effect for the source. @throws UsageError */
function checkSource({ demo, fleetFile }: ServeArguments, { source, netns, skipBadLines, index }: Source): void {
  const said = {
    // The kernel is the default, which a fleet replaces.
    source: fleetFile !== undefined && source === 'kernel' ? undefined : source,
    netns,
    'skip-bad-lines': skipBadLines,
    index,
    'fleet-file': fleetFile,
    demo: demo || undefined,
  };
  const given = new Map<string, unknown>(Object.entries(said).filter(([, value]) => value !== undefined));
  checkOptions({ verb: 'serve', source, byKey: false, given });
}

/** What is served, and how. */
interface Service {
  table: LocalTable;
  config: Config;
  files: readonly WatchedFiles[];
  settings: Omit<ServeOptions, 'table' | 'netns' | 'log'>;
  options: ServeArguments;
  protect: Filter | undefined;
  fleet: FleetSettings | undefined;
}

async function serveUntilEnd({ io, output }: Context, service: Service): Promise<number> {
  const { table, config, files, settings, options, protect, fleet } = service;
  const { boundHeapGrowth, serve } = await import('@conntrack/api');
  boundHeapGrowth();
  const given = options.token ?? (io.env.CTCTL_TOKEN || io.env.CONNTRACK_TOKEN || undefined);
  const log = openLog({ format: config.log?.format ?? 'json', audit: config.audit ?? 'stderr', stderr: io.stderr });
  const manager = serviceManager(io.env, process.pid, text => say(io, text));
  const namespaces =
    config.namespaces &&
    openNamespaces(config.namespaces, { ...(protect && { protect }), ...(config.index && { index: true }) });
  const counts = new ReloadCounts();
  const recorded = recordSettingsOf(config);
  const history = recorded && (await openHistory(table, recorded, text => say(io, text)));
  let server: RunningServer | undefined;
  let recording: Recording | undefined;
  let agent: Agent | undefined;
  try {
    recording = await startRecording(table, config, log);
    server = await serve({
      table,
      ...settings,
      log: log.write,
      reloads: counts.read,
      ...(history && { history }),
      ...(namespaces && { netns: namespaces.find, netnsNames: namespaces.names }),
      ...(given !== undefined && { adminToken: given }),
    });
    if (fleet !== undefined) agent = await joinFleet(fleet, { server, table, log });
    for (const warning of server.warnings) say(io, `warning: ${warning}`);
    const status = `listening on ${server.urls.join(', ')}`;
    const lasting = manager.there || configFile(io, options) !== undefined || files.length > 0;
    const settle = reloading({ io, options, config, files, server, log, counts, manager, status }, lasting);
    const made = given === undefined && server.adminToken !== undefined ? { adminToken: server.adminToken } : {};
    const lines = await banner(table, {
      urls: server.urls,
      anonymous: config.anonymous ?? 'none',
      ...made,
      given: given !== undefined,
      readOnly: config.readOnly ?? false,
      demo: options.demo ?? false,
      console: config.console ?? true,
    });
    // The server continues if nobody reads its first lines, and ends properly if it is interrupted before they are
    // read.
    await output.write(`${lines}\n`).catch(error => {
      if (!(error instanceof OutputClosed) && !io.signal.aborted) throw error;
    });
    const unwatch = manager.watch(() => table.capabilities());
    manager.ready(status);
    await aborted(io);
    settle();
    unwatch();
    manager.stopping();
  } finally {
    await Promise.all([server?.close(), agent?.close()]);
    await recording?.close();
    await history?.close();
    namespaces?.close();
    log.close();
  }
  return EXIT.ok;
}

/** Resolves when the program is interrupted. */
const aborted = ({ signal }: Io): Promise<void> =>
  new Promise(resolve => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
