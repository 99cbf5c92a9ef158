import { type SpawnSyncReturns, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'vitest';

export const CTCTL = fileURLToPath(new URL('../../dist/ctctl.cjs', import.meta.url));

/** Why no terminal can be driven here; `undefined` if one can. */
export const noTmux = spawnSync('tmux', ['-V']).status === 0 ? undefined : 'tmux is not installed';

/** Milliseconds that a condition is waited for on a busy machine. */
const PATIENCE = 60_000;

/** Variables that would change what the program shows. */
const CLEAN = { NODE_EXTRA_CA_CERTS: '', NO_COLOR: '', LC_ALL: '', LANG: 'C.UTF-8', SSH_CONNECTION: '' };

/** A shell on a terminal of its own, driven by keys and read as a screen. */
export class Terminal implements Disposable {
  readonly #folder = mkdtempSync(join(tmpdir(), 'ctctl-top-'));

  constructor(columns: number, lines: number, env: Readonly<Record<string, string>> = {}) {
    const variables = Object.entries({ ...CLEAN, ...env }).filter(([, value]) => value !== '');
    const shell = [
      'env',
      ...Object.keys(CLEAN).flatMap(name => ['-u', name]),
      ...variables.map(pair => pair.join('=')),
    ];
    this.#tmux(
      ...['-f', '/dev/null', 'new-session', '-d', '-x', String(columns), '-y', String(lines)],
      ...[...shell, 'PS1=ready> ', 'bash', '--norc', '--noprofile'],
    );
  }

  #tmux(...argv: string[]): string {
    const { status, stdout, stderr }: SpawnSyncReturns<string> = spawnSync(
      'tmux',
      ['-S', join(this.#folder, 's'), ...argv],
      {
        encoding: 'utf8',
      },
    );
    if (status !== 0) throw new Error(`tmux ${argv.join(' ')}: ${stderr}`);
    return stdout;
  }

  /** Types keys, by tmux's names: `Enter`, `Down`, `C-c`, `q`. */
  keys(...names: string[]): void {
    this.#tmux('send-keys', ...names);
  }

  /** Types a text. */
  type(text: string): void {
    this.#tmux('send-keys', '-l', text);
  }

  /** Starts `ctctl` in the shell. */
  run(...argv: string[]): void {
    const words = [process.execPath, CTCTL, ...argv].map(word => `'${word}'`);
    this.type(`${words.join(' ')}; echo "code $?"`);
    this.keys('Enter');
  }

  /** The text on the screen. With `escapes`, with its colors. */
  screen({ escapes = false } = {}): string {
    return this.#tmux('capture-pane', '-p', ...(escapes ? ['-e'] : []));
  }

  /** A property of the terminal, by tmux's name: `alternate_on`, `cursor_flag`. */
  flag(name: string): string {
    return this.#tmux('display-message', '-p', `#{${name}}`).trim();
  }

  /** Changes the size. */
  resize(columns: number, lines: number): void {
    this.#tmux('resize-window', '-x', String(columns), '-y', String(lines));
  }

  /** Waits until the screen matches, and returns it. */
  async until(pattern: RegExp): Promise<string> {
    let screen = '';
    await expect
      .poll(
        () => {
          screen = this.screen();
          return screen;
        },
        { timeout: PATIENCE, interval: 20 },
      )
      .toMatch(pattern);
    return screen;
  }

  /** The program in the terminal's shell. */
  program(): number {
    const shell = this.#tmux('display-message', '-p', '#{pane_pid}').trim();
    const { stdout } = spawnSync('ps', ['-o', 'pid=', '--ppid', shell], { encoding: 'utf8' });
    return Number(stdout.trim().split('\n')[0]);
  }

  [Symbol.dispose](): void {
    spawnSync('tmux', ['-S', join(this.#folder, 's'), 'kill-server']);
    rmSync(this.#folder, { recursive: true, force: true });
  }
}
