// `npm start`: installs, builds and serves. Prints little until the server starts.
import { spawn, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

const quietly = (...args) => {
  const { status, stdout, stderr, error } = spawnSync('pnpm', args, { encoding: 'utf8' });
  if (status === 0) return;
  process.stderr.write(error ? `${error.message}\n` : stdout + stderr);
  process.exit(status ?? 1);
};

/** Returns the parent of a process; 0 if it has ended, or if there is no /proc. */
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

/** The current process and its ancestors, up to the first process of the npm script. */
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
// The terminal sends Ctrl-C to the whole group; kill(1) reaches only this process.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => server.kill(signal));
// Killing npm ends only its shell: without this, the server would keep running with nobody to stop it.
const watch = setInterval(() => {
  if (chain.some(({ pid, parent }) => parentOf(pid) !== parent)) server.kill('SIGTERM');
}, 1000);
server.on('exit', (code, signal) => {
  clearInterval(watch);
  process.exitCode = code ?? (signal === 'SIGINT' ? 130 : 143);
});
