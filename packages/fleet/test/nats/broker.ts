import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished } from 'vitest';

/** Whether Debian's nats-server is installed. */
export const hasBroker = ((): boolean => {
  try {
    execFileSync('nats-server', ['--version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
})();

/** The reason for which tests with a broker are skipped. */
export const NO_BROKER = 'nats-server is not installed (apt install nats-server)';

/** A nats-server that the test started. */
export interface TestBroker {
  readonly url: string;
  /** Its folder, for files that its configuration names. */
  readonly folder: string;
  /** Kills it, as a crash does. */
  kill(): Promise<void>;
  /** Starts it again on its port. */
  start(): Promise<void>;
  /** Stops and continues the process: it answers nothing, and connections stay open. */
  freeze(): void;
  thaw(): void;
}

/** The URL that the broker wrote into its folder. `undefined` as long as the file is not complete. */
function urlOf(folder: string, pid: number): string | undefined {
  const name = readdirSync(folder).find(each => each.endsWith(`_${pid}.ports`));
  const text = name === undefined ? '' : readFileSync(join(folder, name), 'utf8');
  return /"(nats|tls):\/\/[^"]+"/.exec(text)?.[0].slice(1, -1);
}

/** Starts a broker on a free port. @param config more lines of its configuration; `$DIR` is its folder */
export async function startBroker(config = '', scheme = 'nats'): Promise<TestBroker> {
  const folder = mkdtempSync(join(tmpdir(), 'conntrack-nats-'));
  let port = -1;
  let child: ChildProcess | undefined;
  const start = async (): Promise<void> => {
    const file = join(folder, 'nats.conf');
    const text = config.replaceAll('$DIR', folder);
    writeFileSync(file, `listen: "127.0.0.1:${port}"\nports_file_dir: "${folder}"\n${text}\n`);
    const started = spawn('nats-server', ['-c', file], { stdio: ['ignore', 'ignore', 'pipe'] });
    child = started;
    let log = '';
    started.stderr!.on('data', (bytes: Buffer) => {
      log += bytes;
    });
    await expect
      .poll(() => (started.exitCode === null ? /Server is ready/.test(log) : log), { interval: 10 })
      .toBe(true);
    await expect.poll(() => urlOf(folder, started.pid!), { interval: 10 }).toBeDefined();
    port = Number(new URL(urlOf(folder, started.pid!)!).port);
  };
  const kill = async (): Promise<void> => {
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const closed = once(child, 'exit');
    child.kill('SIGKILL');
    await closed;
  };
  onTestFinished(async () => {
    await kill();
    rmSync(folder, { recursive: true, force: true });
  });
  await start();
  return {
    url: `${scheme}://127.0.0.1:${port}`,
    folder,
    kill,
    start,
    freeze: () => void child!.kill('SIGSTOP'),
    thaw: () => void child!.kill('SIGCONT'),
  };
}
