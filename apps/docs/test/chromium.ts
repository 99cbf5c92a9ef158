// A Chromium of this machine, without a network of its own doings.
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';

const FLAGS =
  '--headless --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking --disable-component-update --disable-sync';

/** The name of the browser's program; `undefined` where there is none. */
export const findChromium = (): string | undefined =>
  ['chromium', 'chromium-browser', 'google-chrome'].find(
    name => spawnSync(name, ['--version'], { stdio: 'ignore' }).status === 0,
  );

const argumentsOf = (profile: string, url: string): string[] => [
  ...FLAGS.split(' '),
  `--user-data-dir=${profile}`,
  url,
];

/** The document of a page once it is loaded. */
export const dumpDom = (browser: string, profile: string, url: string): string =>
  spawnSync(browser, ['--dump-dom', ...argumentsOf(profile, url)], { encoding: 'utf8', timeout: 100_000 }).stdout;

/** A browser that stays on a page until it is ended: a process group of its own. */
export const openPage = (browser: string, profile: string, url: string): ChildProcess =>
  spawn(browser, ['--remote-debugging-port=0', ...argumentsOf(profile, url)], { stdio: 'ignore', detached: true });
