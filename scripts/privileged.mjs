// Runs a command with the right to make network namespaces: unchanged for root, in a user namespace (unshare -Ur) for other
// users. If user namespaces are forbidden, it still runs, and the tests say what they skip and why.
import { spawnSync } from 'node:child_process';

const [command, ...args] = process.argv.slice(2);
const probe = () => spawnSync('unshare', ['-Ur', 'unshare', '-n', 'true'], { stdio: 'ignore' }).status === 0;
const wrapped = process.platform === 'linux' && process.getuid() !== 0 && probe();
const [file, argv] = wrapped ? ['unshare', ['-Ur', command, ...args]] : [command, args];
const { status, error } = spawnSync(file, argv, { stdio: 'inherit' });
if (error) console.error(error.message);
process.exitCode = status ?? 1;
