import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { expect, onTestFinished } from 'vitest';

/** A node in a process of its own. */
export interface NodeProcess {
  /** Kills it without a goodbye. */
  kill(): Promise<void>;
  /** Stops and continues the process: its connection stays open, and it answers nothing. */
  freeze(): void;
  thaw(): void;
}

const SCRIPT = fileURLToPath(new URL('node-process.ts', import.meta.url));

/** Starts a node; resolves when it belongs to the fleet. */
export async function startNodeProcess(servers: string, node: string, flows: number): Promise<NodeProcess> {
  const child = spawn(process.execPath, ['--import', 'tsx', SCRIPT, servers, node, String(flows)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let out = '';
  child.stdout.on('data', (bytes: Buffer) => {
    out += bytes;
  });
  const kill = async (): Promise<void> => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const closed = once(child, 'exit');
    child.kill('SIGKILL');
    await closed;
  };
  onTestFinished(kill);
  await expect.poll(() => out, { interval: 20 }).toMatch(/joined/);
  return { kill, freeze: () => void child.kill('SIGSTOP'), thaw: () => void child.kill('SIGCONT') };
}
