// Runs the native tests with an AddressSanitizer build of the addon.
import { execFileSync, spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const run = (command, args, env = {}) =>
  spawnSync(command, args, { cwd: root, stdio: 'inherit', env: { ...process.env, ...env } }).status ?? 1;

if (run(process.execPath, ['scripts/build-native.mjs', '--asan']) !== 0) process.exit(1);
const library = execFileSync('cc', ['-print-file-name=libasan.so'], { encoding: 'utf8' }).trim();
process.exitCode = run(
  process.execPath,
  [
    'node_modules/vitest/vitest.mjs',
    'run',
    'test/socket/native.test.ts',
    'test/events/stream.test.ts',
    'test/client/operations.test.ts',
  ],
  {
    LD_PRELOAD: library,
    // Node itself leaks memory at its end. The quarantine is small, because a test measures how much memory is leaked.
    ASAN_OPTIONS: 'detect_leaks=0,halt_on_error=1,quarantine_size_mb=8',
    CONNTRACK_NETLINK_ADDON: `${root}.vitest/asan/conntrack_netlink-linux-${process.arch}.node`,
  },
);
