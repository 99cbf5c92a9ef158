// Checks the supported platforms: runs the tests under other versions of Node, compiles the committed addons again and compares them, loads
// the addon on another architecture, and with musl. The Node versions are npm packages in a temporary folder. Needs a built package, root (or
// user namespaces), gcc-aarch64-linux-gnu, qemu-user-static and musl-tools.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const VERSIONS = [22, 24, 26];
/** Maximum version of the C library's symbols that an addon may need: Debian 10 and RHEL 8 have 2.28. */
const GLIBC = 28;

const root = fileURLToPath(new URL('..', import.meta.url));
const vitest = join(dirname(createRequire(import.meta.url).resolve('vitest/package.json')), 'vitest.mjs');
const privileged = fileURLToPath(new URL('../../../scripts/privileged.mjs', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'conntrack-runtimes-'));
process.once('exit', () => rmSync(folder, { recursive: true, force: true }));

function run(command, args, options = {}) {
  const { status, stdout, stderr, error } = spawnSync(command, args, { cwd: root, encoding: 'utf8', ...options });
  if (status === 0) return stdout;
  console.error(error?.message ?? `${stdout}${stderr}`);
  throw new Error(`${command} ${args.join(' ')} failed`);
}

/** A Node of a version and architecture: the path of its program. */
function nodeOf(version, arch) {
  const prefix = join(folder, `${arch}-${version}`);
  const args = ['install', '--no-save', '--force', '--no-audit', '--no-fund', '--prefix', prefix];
  run('npm', [...args, `node-linux-${arch}@${version}`], { cwd: folder });
  return join(prefix, 'node_modules', `node-linux-${arch}`, 'bin', 'node');
}

for (const version of VERSIONS) {
  const node = nodeOf(version, process.arch);
  const report = run(process.execPath, [privileged, node, vitest, 'run', '--reporter=json']);
  const { numPassedTests, numPendingTests, success } = JSON.parse(report.slice(report.indexOf('{"')));
  if (!success || numPassedTests === 0) throw new Error(`tests fail under Node ${version}`);
  const label = run(node, ['--version']).trim();
  console.log(`Node ${label}: ${numPassedTests} passed, ${numPendingTests} skipped`);
}

console.log(run(process.execPath, ['scripts/build-native.mjs', '--check']).trim());
for (const arch of ['x64', 'arm64']) {
  const symbols = run('readelf', ['--version-info', '--wide', `prebuilds/conntrack_netlink-linux-${arch}.node`]);
  const newest = Math.max(...[...symbols.matchAll(/GLIBC_2\.(\d+)/g)].map(([, minor]) => Number(minor)));
  if (newest > GLIBC) throw new Error(`the addon for ${arch} needs glibc 2.${newest}`);
  console.log(`addon for ${arch}: glibc 2.${newest}`);
}

// There is no Node for musl on npm. So the addon is loaded by a program with musl, which also has to know every symbol of the C library.
const undefinedOf = arch =>
  run('readelf', ['--dyn-syms', '--wide', `prebuilds/conntrack_netlink-linux-${arch}.node`])
    .split('\n')
    .map(line => / GLOBAL +DEFAULT +UND +(\w+)/.exec(line)?.[1])
    .filter(name => name !== undefined && !/^(napi|uv)_/.test(name));
const names = [...new Set(['x64', 'arm64'].flatMap(undefinedOf))];
writeFileSync(
  join(folder, 'musl.c'),
  `#include <dlfcn.h>
#include <stdio.h>
int main(int argc, char **argv) {
  void *addon = dlopen(argv[1], RTLD_LAZY);
  if (!addon || !dlsym(addon, "napi_register_module_v1")) return puts(dlerror()), 1;
  for (int i = 2; i < argc; i++)
    if (!dlsym(RTLD_DEFAULT, argv[i])) return printf("musl has no %s\\n", argv[i]), 1;
  return 0;
}
`,
);
run('musl-gcc', ['-o', join(folder, 'musl'), join(folder, 'musl.c')]);
if (process.arch === 'x64') run(join(folder, 'musl'), ['prebuilds/conntrack_netlink-linux-x64.node', ...names]);
console.log(`addons: musl has all ${names.length} symbols, and loads the one for x64`);

// The user-mode emulator does not support netfilter sockets: the addon's error shows that it is loaded and works.
const loads = `
  import { Conntrack } from './dist/index.js';
  try { Conntrack.open().close(); } catch (error) { console.log(process.arch, error.code, error.errnoName); }`;
if (process.arch === 'x64') {
  const emulated = ['-L', '/usr/aarch64-linux-gnu', nodeOf(20, 'arm64'), '--input-type=module', '--eval', loads];
  const said = run('qemu-aarch64-static', emulated).trim();
  if (!/^arm64 \w+ EPROTONOSUPPORT$/.test(said)) throw new Error(`under arm64 it says: ${said}`);
  console.log(`addon for arm64: loads under Node 20 (${said})`);
}

const packed = JSON.parse(run('npm', ['pack', '--dry-run', '--ignore-scripts', '--json']))[0].files.map(
  ({ path }) => path,
);
for (const arch of ['x64', 'arm64'])
  if (!packed.includes(`prebuilds/conntrack_netlink-linux-${arch}.node`)) throw new Error(`the package lacks ${arch}`);
console.log(`the package has both addons, ${packed.length} files`);
