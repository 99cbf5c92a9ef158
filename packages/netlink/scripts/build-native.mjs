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
// --asan: a build for the tests that reports memory errors where they happen.
const asan = process.argv.includes('--asan');
// --arch arm64: a build for another architecture, with Debian's cross compiler (apt install gcc-aarch64-linux-gnu) or the one in CC;
// --arch all: for all architectures of the package.
const named = process.argv.indexOf('--arch');
const asked = named < 0 ? process.arch : process.argv[named + 1];
const crossCompilers = {
  arm64: { command: 'aarch64-linux-gnu-gcc', package: 'gcc-aarch64-linux-gnu libc6-dev-arm64-cross' },
  x64: { command: 'x86_64-linux-gnu-gcc', package: 'gcc-x86-64-linux-gnu libc6-dev-amd64-cross' },
};
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

function build(arch) {
  const cross = arch === process.arch ? { command: 'cc', package: 'gcc libc6-dev' } : crossCompilers[arch];
  const compiler = process.env.CC ?? cross?.command ?? `${arch}-linux-gnu-gcc`;
  const output = join(root, asan ? '.vitest/asan' : 'build', `conntrack_netlink-linux-${arch}.node`);
  mkdirSync(dirname(output), { recursive: true });
  const source = join(root, 'native', 'conntrack_netlink.c');
  const { status, error } = spawnSync(compiler, [...flags, `-I${headers}`, '-o', output, source], { stdio: 'inherit' });
  if (error?.code === 'ENOENT')
    console.error(`no C compiler ('${compiler}') was found; install one: apt install ${cross?.package ?? compiler}`);
  else if (error) console.error(error.message);
  return status ?? 1;
}

for (const arch of asked === 'all' ? Object.keys(crossCompilers) : [asked]) process.exitCode ||= build(arch);
