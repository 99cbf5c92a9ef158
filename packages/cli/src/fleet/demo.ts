import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { makeToken, type RunningServer, serve } from '@conntrack/api';
import { createNatLab, DEMO_LAB, labAvailable, type NatLab } from '@conntrack/lab';
import { openTable } from '@conntrack/table';
import { stringify } from 'yaml';
import type { Context } from '../process/context.js';
import { EXIT } from '../process/exit-codes.js';
import { DemoError } from '../serve/demo.js';
import { inUserNamespace, isInside, userNamespaceWorks } from '../serve/user-namespace.js';

/** The hosts of the demo, with their tags. */
const HOSTS = { 'gw-1': ['edge'], 'gw-2': ['edge'], 'gw-3': ['edge'], 'lb-1': ['balancer'], 'lb-2': ['balancer'] };

/** A host of the demo: a router in its own network namespace, with traffic and a server. */
interface DemoHost extends AsyncDisposable {
  readonly name: string;
  readonly server: RunningServer;
}

/** A running demo. */
export interface DemoFleet extends AsyncDisposable {
  readonly hosts: readonly DemoHost[];
  /** The fleet file, readable by its owner only: it contains the token. */
  readonly file: string;
}

/** Connections that the demo opens through the router of a host: more on each next host. */
async function connect(lab: NatLab, count: number): Promise<void> {
  for (let i = 0; i < count; i++) {
    const open = await lab.traffic.tcpEstablished({ port: i % 2 === 0 ? 443 : 22 });
    await open.exchange({ up: 120 * (i + 1), down: 900 });
  }
}

async function startHost(name: string, connections: number, adminToken: string): Promise<DemoHost> {
  const started: AsyncDisposable[] = [];
  const close = async (): Promise<void> => {
    for (const each of started.toReversed()) await each[Symbol.asyncDispose]();
  };
  try {
    const lab = await createNatLab(DEMO_LAB);
    started.push(lab);
    await connect(lab, connections);
    const table = await openTable('kernel', { netns: lab.router.path });
    started.push(table);
    const server = await serve({ table, listen: '127.0.0.1:0', adminToken, grace: 0 });
    started.push(server);
    return { name, server, [Symbol.asyncDispose]: close };
  } catch (error) {
    await close();
    throw error;
  }
}

/** Starts the hosts, and writes the file of the fleet. */
export async function startDemoFleet(): Promise<DemoFleet> {
  const token = makeToken();
  const folder = mkdtempSync(join(tmpdir(), 'ctctl-fleet-'));
  const hosts: DemoHost[] = [];
  const close = async (): Promise<void> => {
    await Promise.all(hosts.map(host => host[Symbol.asyncDispose]()));
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    for (const [i, name] of Object.keys(HOSTS).entries()) hosts.push(await startHost(name, i + 2, token));
    const file = join(folder, 'edge.yaml');
    const nodes = hosts.map(({ name, server }) => ({ name, url: server.url, tags: HOSTS[name as keyof typeof HOSTS] }));
    writeFileSync(file, stringify({ defaults: { token }, nodes }), { mode: 0o600 });
    return { hosts, file, [Symbol.asyncDispose]: close };
  } catch (error) {
    await close();
    throw error;
  }
}

/** Runs `ctctl fleet demo` until it is interrupted, which is a success. */
export async function fleetDemo({ io, output }: Context): Promise<number> {
  const missing = labAvailable();
  if (missing !== undefined) {
    if (!isInside(io) && userNamespaceWorks()) return inUserNamespace(io);
    throw new DemoError(`the demo is not available: ${missing}`);
  }
  await using demo = await startDemoFleet();
  const { hosts, file } = demo;
  await output.write(
    `hosts    ${hosts.map(({ name, server }) => `${name} ${server.url}`).join(', ')}
file     ${file}
try      ctctl fleet status --fleet-file ${file}
         ctctl list --fleet-file ${file} --sort -bytes --limit 5
         ctctl delete --fleet-file ${file} dport=443 --dry-run
         ctctl serve --fleet-file ${file} --anonymous read
`,
  );
  await new Promise<void>(resolve => {
    if (io.signal.aborted) resolve();
    else io.signal.addEventListener('abort', () => resolve(), { once: true });
  });
  return EXIT.ok;
}
