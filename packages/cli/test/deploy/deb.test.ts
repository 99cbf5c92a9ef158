import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { fileOf, has, said } from './files.js';

const folder = mkdtempSync(join(tmpdir(), 'ctctl-deb-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** Runs commands in a temporary copy of this system: an overlay in a mount namespace of its own. */
const inCopy = (script: string): string[] => [
  '-m',
  'sh',
  '-ec',
  `mount -t tmpfs none ${folder}/copy; cd ${folder}/copy; mkdir upper work root
mount -t overlay -o lowerdir=/,upperdir=upper,workdir=work overlay root
mount -t proc proc root/proc
cp ${folder}/*.deb root/tmp/ctctl.deb
exec chroot root sh -ec "$0"`,
  script,
];

it('the Debian package installs, runs, has valid units, and removes everything', ({ skip }) => {
  for (const command of ['dpkg-deb', 'dpkg', 'unshare', 'systemd-analyze'])
    skip(!has(command), `${command} is not installed`);
  const built = said('bash', fileOf('deb/build.sh'), folder);
  expect(built.code, built.text).toBe(0);
  spawnSync('mkdir', [join(folder, 'copy')]);
  const overlay = said('unshare', ...inCopy('true'));
  skip(overlay.code !== 0, `no overlay of this system can be made: ${overlay.text}`);
  const { code, text } = said(
    'unshare',
    ...inCopy(`cd /
# Node may come from elsewhere than a package on this machine.
dpkg -i --force-depends /tmp/ctctl.deb
stat -c '%a %G %n' /etc/conntrack/tokens.yaml
/usr/bin/ctctl serve --config /etc/conntrack/server.yaml --check-config
systemd-analyze verify conntrack-api.service conntrack-api.socket
echo '{ "keys": [] }' > /tmp/keys.json
echo '{ listen: "unix:/tmp/api.sock", source: "memory:/usr/lib/ctctl/samples/gateway.txt", jwt: { issuer: x, audience: x, jwks: /tmp/keys.json } }' > /tmp/server.yaml
ctctl serve --config /tmp/server.yaml & server=$!
for i in $(seq 100); do ctctl serve --config /tmp/server.yaml --probe 2>/dev/null && break; sleep 0.1; done
kill $server; wait $server
dpkg -P --force-depends ctctl
test ! -e /usr/lib/ctctl -a ! -e /etc/conntrack && echo nothing left`),
  );
  expect(code, text).toBe(0);
  expect(text).toContain('640 conntrack /etc/conntrack/tokens.yaml');
  expect(text).toContain('/etc/conntrack/server.yaml: the configuration is valid');
  expect(text).toContain('unix:/tmp/api.sock responds');
  expect(text).toContain('nothing left');
}, 240_000);
