// Builds native/conntrack_netlink.c with the plain C compiler: one file, no build system, headers from an npm package.
import { spawnSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
if (process.platform !== 'linux') {
  console.log(`netlink is Linux's: no native part is built for ${process.platform}`);
  process.exit(0);
}
const headers = join(dirname(createRequire(import.meta.url).resolve('node-api-headers/package.json')), 'include');
// --asan: for the tests, with memory errors reported where they happen.
const asan = process.argv.includes('--asan');
// --arch arm64: for another machine, with Debian's cross compiler (apt install gcc-aarch64-linux-gnu) or the one that CC names.
const named = process.argv.indexOf('--arch');
const arch = named < 0 ? process.arch : process.argv[named + 1];
const crossCompilers = { arm64: 'aarch64-linux-gnu-gcc', x64: 'x86_64-linux-gnu-gcc' };
const output = join(root, asan ? '.vitest/asan' : 'build', `conntrack_netlink-linux-${arch}.node`);
mkdirSync(dirname(output), { recursive: true });
const compiler = process.env.CC ?? (arch === process.arch ? 'cc' : (crossCompilers[arch] ?? `${arch}-linux-gnu-gcc`));
const flags = [
  '-std=gnu11',
  '-O2',
  '-Wall',
  '-Wextra',
  '-Werror',
  '-fPIC',
  '-shared',
  '-fvisibility=hidden',
  asan ? '-fsanitize=address' : '-s',
];
const { status, error } = spawnSync(
  compiler,
  [...flags, `-I${headers}`, '-o', output, join(root, 'native', 'conntrack_netlink.c')],
  { stdio: 'inherit' },
);
if (error) {
  console.error(
    error.code === 'ENOENT'
      ? `no C compiler ('${compiler}') was found; install one: apt install ${arch === process.arch ? 'gcc libc6-dev' : 'gcc-aarch64-linux-gnu'}`
      : error.message,
  );
}
process.exitCode = status ?? 1;
