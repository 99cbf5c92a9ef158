// Messages of each verb without privileges: what is missing and what to do, and not what the kernel happened to reject
// first.
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { beforeEach, describe, expect, it } from 'vitest';

const BINARY = fileURLToPath(new URL('../dist/ctctl.cjs', import.meta.url));
const NOBODY = ['--reuid=65534', '--regid=65534', '--clear-groups', '--bounding-set=-all', '--inh-caps=-all'];

const asNobody = (...argv: string[]) =>
  spawnSync('setpriv', [...NOBODY, process.execPath, BINARY, ...argv], { encoding: 'utf8', input: '' });

const { error, stderr, status } = asNobody('--version');
const unavailable =
  error === undefined && status === 0 ? undefined : `no program can be run as nobody: ${error?.message ?? stderr}`;
beforeEach(context => {
  if (unavailable !== undefined) context.skip(unavailable);
});

const TUPLE = '-p udp -s 192.0.2.1 -d 192.0.2.2 --sport 1 --dport 53';
const KEY = 'ct1.AQAAAgYKAAABCgAAAgPoAFAAAAAH';

describe('without privileges', () => {
  it.each([
    'list',
    'list proto=tcp -o ndjson',
    `get ${KEY}`,
    `get ${TUPLE}`,
    'count',
    'count proto=tcp',
    `create ${TUPLE}`,
    `update ${KEY} --mark 1`,
    'update dport=53 --mark 1',
    'update dport=53 --mark 1 --dry-run',
    `delete ${KEY}`,
    'delete dport=53',
    'delete dport=53 --dry-run',
    'delete dport=53 --show',
    'drain dport=53 --within 5s',
    'reconcile --scope dport=53 --keep-filter dst=192.0.2.1',
    'snapshot',
    'restore -',
    'stats',
    'doctor',
    'flush --yes',
    'flush --yes --zone 5',
    'serve',
  ])('without privileges, ctctl %s says that CAP_NET_ADMIN is missing, and how to get it', line => {
    const [verb, ...argv] = line.split(' ');
    const { status, stdout, stderr } = asNobody(verb!, ...argv);
    expect({ status, stdout, stderr }).toEqual({
      status: 1,
      stdout: '',
      stderr: [
        `ctctl: cannot ${verb}: kernel needs CAP_NET_ADMIN in its network namespace: run this with sudo, or give the program the capability`,
        `for this command: sudo ctctl ${line}`,
        `for all programs of this Node.js: sudo setcap cap_net_admin+ep ${process.execPath}\n`,
      ].join('\n'),
    });
  });

  it.each(['-L', '-L expect', `-G ${TUPLE}`, `-I ${TUPLE} -t 60`, `-U ${TUPLE} -m 1`, '-D -p udp', '-C', '-S', '-F'])(
    'without privileges, conntrack %s says that CAP_NET_ADMIN is missing, and claims no success',
    line => {
      const { status, stderr } = asNobody(...line.split(' '));
      expect(status).toBe(1);
      expect(stderr).toMatch(/CAP_NET_ADMIN/);
      expect(stderr).not.toMatch(/have been|has been/);
    },
  );

  it('without privileges, conntrack -E says that listening is not permitted, as conntrack(8) does', () => {
    const { status, stderr } = asNobody('-E');
    expect(status).toBe(1);
    expect(stderr).toMatch(/^mnl_socket_bind: Operation not permitted\n.*Can't open netlink socket\n$/);
  });
});
