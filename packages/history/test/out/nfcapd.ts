import { execFile, spawn } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, onTestFinished } from 'vitest';

const run = promisify(execFile);

/** A UDP port of 127.0.0.1 that nobody uses. */
async function freePort(): Promise<number> {
  const socket = createSocket('udp4').bind(0, '127.0.0.1');
  await once(socket, 'listening');
  const { port } = socket.address();
  await new Promise<void>(done => socket.close(done));
  return port;
}

/** Bytes of datagrams to a local port that its program has not read. */
async function unread(port: number): Promise<number> {
  const local = `:${port.toString(16).toUpperCase().padStart(4, '0')}`;
  const lines = (await readFile('/proc/net/udp', 'utf8')).split('\n').map(line => line.trim().split(/\s+/));
  const socket = lines.find(fields => fields[1]?.endsWith(local));
  return Number.parseInt(socket![4]!.split(':')[1]!, 16);
}

/** A record as nfdump prints it. */
export type Collected = Record<string, string | number>;

/** What a collector has received when it ended. */
export interface Collection {
  /** Records as nfdump's JSON. */
  records: Collected[];
  /** Prints the records with nfdump. */
  print(...args: string[]): Promise<string>;
  /** Gaps in the sequence numbers of messages. */
  sequenceErrors: number;
}

/** A running nfcapd(1). */
export interface Collector {
  readonly port: number;
  /** Ends the collector once it has what was sent to it, and reads its file. */
  stop(): Promise<Collection>;
}

/** Starts nfcapd(1), Debian's collector. */
export async function startCollector(): Promise<Collector> {
  const folder = await mkdtemp(join(tmpdir(), 'nfcapd-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  const port = await freePort();
  const args = ['-w', folder, '-b', '127.0.0.1', '-p', String(port), '-t', '86400', '-v'];
  const child = spawn('nfcapd', args, { stdio: ['ignore', 'pipe', 'pipe'] });
  onTestFinished(() => void child.kill('SIGKILL'));
  let log = '';
  const started = new Promise<void>((resolve, reject) => {
    const read = (text: string) => {
      log += text;
      if (log.includes('Startup nfcapd')) resolve();
    };
    child.stdout.setEncoding('utf8').on('data', read);
    child.stderr.setEncoding('utf8').on('data', read);
    child.once('error', reject);
    child.once('exit', () => reject(new Error(`nfcapd ended: ${log}`)));
  });
  await started;
  return {
    port,
    async stop() {
      await expect.poll(() => unread(port), { interval: 5 }).toBe(0);
      child.kill('SIGTERM');
      await once(child, 'close');
      const print = async (...more: string[]) => (await run('nfdump', ['-R', folder, ...more])).stdout;
      return {
        records: JSON.parse(await print('-o', 'json')) as Collected[],
        print,
        sequenceErrors: Number(/Sequence Errors: (\d+)/.exec(log)?.[1]),
      };
    },
  };
}
