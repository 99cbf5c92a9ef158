// The Chromium of this machine, without network requests of its own.
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';

const FLAGS =
  '--headless --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking --disable-component-update --disable-sync';

/** The name of the browser's program; `undefined` if there is none. */
export const findChromium = (): string | undefined =>
  ['chromium', 'chromium-browser', 'google-chrome'].find(
    name => spawnSync(name, ['--version'], { stdio: 'ignore' }).status === 0,
  );

const argumentsOf = (profile: string, url: string): string[] => [
  ...FLAGS.split(' '),
  `--user-data-dir=${profile}`,
  url,
];

/** Returns the document of a page after it has loaded. */
export const dumpDom = (browser: string, profile: string, url: string): string =>
  spawnSync(browser, ['--dump-dom', ...argumentsOf(profile, url)], { encoding: 'utf8', timeout: 100_000 }).stdout;

/** Starts a browser that stays on a page until it is ended, in a process group of its own. */
export const openPage = (browser: string, profile: string, url: string): ChildProcess =>
  spawn(browser, ['--remote-debugging-port=0', ...argumentsOf(profile, url)], { stdio: 'ignore', detached: true });
