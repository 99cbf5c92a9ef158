// Compiles native/conntrack_netlink.c: one file, no build system, headers from an npm package.
//
// node scripts/build-native.mjs                  for this machine, into build/. Without a C compiler the committed addon serves
// node scripts/build-native.mjs --prebuilds      the committed addons of all architectures, into prebuilds/
// node scripts/build-native.mjs --check          compiles those again and compares them, byte for byte
// node scripts/build-native.mjs --asan           for tests: memory errors are reported where they happen
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const SOURCE = join(root, 'native/conntrack_netlink.c');
const PREBUILDS = join(root, 'prebuilds');
const RECORD = join(PREBUILDS, 'record.json');
/** The compiler of each architecture with committed addons, and Debian's package of it. */
const COMPILERS = {
  x64: { command: 'x86_64-linux-gnu-gcc', package: 'gcc libc6-dev' },
  arm64: { command: 'aarch64-linux-gnu-gcc', package: 'gcc-aarch64-linux-gnu libc6-dev-arm64-cross' },
};
const FLAGS = ['-std=gnu11', '-O2', '-Wall', '-Wextra', '-Werror', '-fPIC', '-shared', '-fvisibility=hidden'];
/** Nothing of the machine is in the result: no path, no build id. */
const REPRODUCIBLE = ['-s', '-Wl,--build-id=none', `-ffile-prefix-map=${root}=.`];

const hash = bytes => createHash('sha256').update(bytes).digest('hex');
const fileOf = arch => `conntrack_netlink-linux-${arch}.node`;
const record = () => (existsSync(RECORD) ? JSON.parse(readFileSync(RECORD, 'utf8')) : {});

function fail(message) {
  console.error(message);
  process.exit(1);
}

/** The folder with node_api.h: of the npm package, or of the running Node. */
function headers() {
  try {
    return join(dirname(createRequire(import.meta.url).resolve('node-api-headers/package.json')), 'include');
  } catch {
    const own = join(dirname(process.execPath), '../include/node');
    return existsSync(join(own, 'node_api.h'))
      ? own
      : fail('the headers of Node-API are missing: npm i node-api-headers');
  }
}

/** Compiles. Returns whether there is such a compiler. */
function compile(compiler, output, more) {
  mkdirSync(dirname(output), { recursive: true });
  const args = [...FLAGS, ...more, `-I${headers()}`, '-o', output, SOURCE];
  const { status, error } = spawnSync(compiler, args, { stdio: 'inherit' });
  if (error?.code === 'ENOENT') return false;
  if (status !== 0) fail(error?.message ?? `${compiler} failed`);
  return true;
}

const versionOf = compiler => spawnSync(compiler, ['--version'], { encoding: 'utf8' }).stdout?.split('\n')[0]?.trim();

/** Compiles the addons of all architectures into a folder. Returns the version of each compiler, and the hash of each addon. */
function compileAll(folder) {
  return Object.fromEntries(
    Object.entries(COMPILERS).map(([arch, { command, package: debian }]) => {
      const output = join(folder, fileOf(arch));
      if (!compile(command, output, REPRODUCIBLE)) fail(`no ${command} was found; install it: apt install ${debian}`);
      return [arch, { compiler: versionOf(command), sha256: hash(readFileSync(output)) }];
    }),
  );
}

/** Writes the committed addons, with what they were made of. */
function writePrebuilds() {
  const addons = compileAll(PREBUILDS);
  writeFileSync(RECORD, `${JSON.stringify({ source: hash(readFileSync(SOURCE)), addons }, undefined, 2)}\n`);
}

/** Compares the committed addons with what the source gives now. */
function checkPrebuilds() {
  const known = record();
  if (known.source !== hash(readFileSync(SOURCE)))
    fail('prebuilds/ is older than native/conntrack_netlink.c: run node scripts/build-native.mjs --prebuilds');
  for (const [arch, { sha256 }] of Object.entries(known.addons))
    if (hash(readFileSync(join(PREBUILDS, fileOf(arch)))) !== sha256)
      fail(`prebuilds/${fileOf(arch)} is not the recorded one`);
  const folder = mkdtempSync(join(tmpdir(), 'conntrack-prebuilds-'));
  const now = compileAll(folder);
  rmSync(folder, { recursive: true });
  for (const [arch, { compiler, sha256 }] of Object.entries(now)) {
    const before = known.addons[arch];
    if (compiler !== before.compiler)
      console.log(`${arch}: not compared: compiled with ${before.compiler}, here is ${compiler}`);
    else if (sha256 !== before.sha256) fail(`prebuilds/${fileOf(arch)} differs from what the source gives`);
    else console.log(`${arch}: equal, byte for byte (${compiler})`);
  }
}

/** Compiles for this machine; without a compiler, the committed addon serves if it was made of the same source. */
function build() {
  const output = join(root, 'build', fileOf(process.arch));
  if (compile(process.env.CC ?? 'cc', output, ['-s'])) return;
  const debian = COMPILERS[process.arch]?.package ?? 'gcc libc6-dev';
  const how = `no C compiler was found: apt install ${debian}`;
  if (!existsSync(join(PREBUILDS, fileOf(process.arch))))
    fail(`no addon for linux ${process.arch} is included, and ${how}`);
  if (record().source !== hash(readFileSync(SOURCE))) fail(`the included addon is older than its source, and ${how}`);
  rmSync(output, { force: true });
}

const asked = process.argv[2];
if (process.platform !== 'linux') console.log(`netlink is Linux's: no native part is built for ${process.platform}`);
else if (asked === '--prebuilds') writePrebuilds();
else if (asked === '--check') checkPrebuilds();
else if (asked === '--asan') {
  if (!compile('cc', join(root, '.vitest/asan', fileOf(process.arch)), ['-fsanitize=address']))
    fail('no C compiler was found');
} else build();
