import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { has } from './files.js';

const BINARY = fileURLToPath(new URL('../../dist/ctctl.cjs', import.meta.url));

/**
 * Runs the program as unit and image do: with CAP_NET_ADMIN only. No namespace can be created to test the kernel's
 * filters.
 */
const LIMITED = 'setpriv --bounding-set=-all,+net_admin --inh-caps=-all';

it('with only CAP_NET_ADMIN, a flush of one zone deletes its entries one by one, and no others', ({ skip }) => {
  for (const command of ['setpriv', 'unshare', 'ip', 'curl']) skip(!has(command), `${command} is not installed`);
  const { stdout, stderr, status } = spawnSync(
    'unshare',
    [
      '-n',
      'sh',
      '-ec',
      `ip link set lo up
ctctl() { "$node" "$binary" "$@"; }
for zone in 0 5; do ctctl create --proto udp --src 10.0.0.1 --dst 10.0.0.2 --sport 1 --dport 2 --timeout 600 --zone $zone >/dev/null; done
${LIMITED} "$node" "$binary" serve --listen 127.0.0.1:4680 >/dev/null & server=$!
for i in $(seq 200); do ctctl serve --probe >/dev/null 2>&1 && break; sleep 0.1; done
curl -s -H "Authorization: Bearer $CTCTL_TOKEN" --json '{"confirm":"flush","zone":5}' 127.0.0.1:4680/conntrack/flush
curl -s -H "Authorization: Bearer $CTCTL_TOKEN" '127.0.0.1:4680/conntrack?fields=zone'
kill $server; wait $server`,
    ],
    {
      encoding: 'utf8',
      env: { ...process.env, node: process.execPath, binary: BINARY, CTCTL_TOKEN: 'token-of-this-test' },
    },
  );
  expect(status, stderr).toBe(0);
  const [flushed, left] = stdout.trim().split('\n') as [string, string];
  expect(JSON.parse(flushed)).toMatchObject({ flushed: { zone: 5 }, deleted: 1, failed: 0 });
  const { items } = JSON.parse(left) as { items: { zone?: unknown }[] };
  expect(items).toHaveLength(1);
  expect(items[0]!.zone).toBeUndefined();
});
