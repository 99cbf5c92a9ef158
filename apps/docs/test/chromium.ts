// The Chromium of this machine, without network requests of its own.
import { spawnSync } from 'node:child_process';

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
