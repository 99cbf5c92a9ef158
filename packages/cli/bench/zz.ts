import { spawnSync } from 'node:child_process';
import { benchOptions, withBigTable } from '../../netlink/bench/big-table.js';

const { entries, force } = benchOptions(1_000_000);
await withBigTable(entries, force, async ({ namespace }) => {
  for (const cmd of process.env.CMDS!.split(';'))
    for (let i = 0; i < 3; i++) {
      const t = performance.now();
      const r = spawnSync('bash', ['-c', `time nsenter --net=${namespace.path} ${cmd} > /dev/null`], {
        encoding: 'utf8',
      });
      console.log(cmd, ((performance.now() - t) / 1000).toFixed(2), r.stderr.replace(/\s+/g, ' ').trim());
    }
});
