// `npm start`: install, build, serve. Quiet until there is something to say; the server says the rest.
import { spawn, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

const quietly = (...args) => {
  const { status, stdout, stderr, error } = spawnSync('pnpm', args, { encoding: 'utf8' });
  if (status === 0) return;
  process.stderr.write(error ? `${error.message}\n` : stdout + stderr);
  process.exit(status ?? 1);
};

/** A process's parent; 0 when it has gone, and where there is no /proc. */
const parentOf = pid => {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]);
  } catch {
    return 0;
  }
};
const isOfNpm = pid => {
  try {
    return readFileSync(`/proc/${pid}/environ`, 'latin1').includes('npm_lifecycle_event=');
  } catch {
    return false;
  }
};

/** This process and those above it, up to the first that npm's script began with. */
const chain = [];
for (let pid = process.pid; pid > 1 && isOfNpm(pid); pid = parentOf(pid)) chain.push({ pid, parent: parentOf(pid) });

console.error('installing and building (the first time takes a minute) …');
quietly('install', '--frozen-lockfile', '--prefer-offline', '--reporter=append-only');
quietly('exec', 'turbo', 'run', 'build', '--filter=@conntrack/cli...', '--output-logs=errors-only');

const server = spawn(
  process.execPath,
  ['packages/cli/dist/ctctl.cjs', 'serve', '--source', 'auto', '--anonymous', 'read', ...process.argv.slice(2)],
  { stdio: 'inherit' },
);
// The terminal sends Ctrl-C to the whole group; a plain kill reaches this process alone.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => server.kill(signal));
// A kill of npm ends its shell and nothing below: without this the server would stay, with nobody to end it.
const watch = setInterval(() => {
  if (chain.some(({ pid, parent }) => parentOf(pid) !== parent)) server.kill('SIGTERM');
}, 1000);
server.on('exit', (code, signal) => {
  clearInterval(watch);
  process.exitCode = code ?? (signal === 'SIGINT' ? 130 : 143);
});
