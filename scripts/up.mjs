// `npm start`: install, build, serve. Quiet until there is something to say; the server says the rest.
import { spawn, spawnSync } from 'node:child_process';

const quietly = (...args) => {
  const { status, stdout, stderr, error } = spawnSync('pnpm', args, { encoding: 'utf8' });
  if (status === 0) return;
  process.stderr.write(error ? `${error.message}\n` : stdout + stderr);
  process.exit(status ?? 1);
};

console.error('installing and building (the first time takes a minute) …');
quietly('install', '--frozen-lockfile', '--prefer-offline', '--reporter=append-only');
quietly('exec', 'turbo', 'run', 'build', '--filter=@conntrack/cli...', '--output-logs=errors-only');

const server = spawn(
  process.execPath,
  ['packages/cli/dist/ctctl.js', 'serve', '--source', 'auto', '--anonymous', 'read', ...process.argv.slice(2)],
  { stdio: 'inherit' },
);
// The terminal sends Ctrl-C to the whole group; a plain kill reaches this process alone.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => server.kill(signal));
server.on('exit', (code, signal) => {
  process.exitCode = code ?? (signal === 'SIGINT' ? 130 : 143);
});
