import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { labAvailable, type Namespace } from '@conntrack/lab';
import { Conntrack } from '@conntrack/netlink';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { flowOf, manyFlows } from './many-flows.js';
import { CTCTL, noTmux, Terminal } from './tmux.js';

const COUNT = 200_000;

/** Why nothing is shown here: the limit of entries belongs to the host. */
function unwilling(): string | undefined {
  const unavailable = noTmux ?? labAvailable();
  if (unavailable !== undefined) return unavailable;
  const max = Number(readFileSync('/proc/sys/net/netfilter/nf_conntrack_max', 'utf8'));
  return max > 0 && max < COUNT + 10_000 ? `nf_conntrack_max is ${max}, and ${COUNT} flows are made` : undefined;
}
const reason = unwilling();

describe(`ctctl top in a terminal, with ${COUNT} flows`, () => {
  let namespace: Namespace;
  beforeEach(context => {
    if (reason !== undefined) context.skip(reason);
  });
  beforeAll(async () => {
    if (reason === undefined) namespace = await manyFlows(COUNT);
  }, 120_000);
  afterAll(() => namespace?.close());

  const top = (terminal: Terminal, ...argv: string[]): void => terminal.run('top', '--netns', namespace.path, ...argv);
  const count = async (): Promise<number> => {
    const conntrack = Conntrack.open({ netns: namespace.fd });
    try {
      return (await conntrack.count()).count;
    } finally {
      conntrack.close();
    }
  };
  const READ = /no filter +(199|200),\d{3} flows/;

  it('80×24 shows the fill of the table, and as many flows as fit', async () => {
    using terminal = new Terminal(80, 24);
    top(terminal);
    const lines = (await terminal.until(/no filter +\S+ flows\n.*\n(?:.* 10\..*\n){18}/)).split('\n');
    expect(lines[1]).toMatch(/^entries (199|200),\d{3} of [\d,]+ █+░* \d+% +new \S+ +ended \S+$/);
    expect(lines[4]).toMatch(/^ +PROTO STATE +SOURCE +DESTINATION +RATE\/S▼ +BYTES$/);
    expect(lines.slice(5, 23).every(line => /^ +(tcp|udp) +\w+ +10\.\S+:\d+ +192\.0\.2\.\S+:\d+/.test(line))).toBe(
      true,
    );
    expect(lines[23]).toContain('q quit');
    expect(lines.every(line => line.length <= 80)).toBe(true);
    // New and ended flows are known from the second reading on.
    await terminal.until(/new \d+\/s +ended \d+\/s/);
  });

  it('200×50 shows more columns and rows, and a smaller terminal fewer', async () => {
    using terminal = new Terminal(200, 50);
    top(terminal, '--by', 'src');
    await terminal.until(/SOURCE +FLOWS +RATE\/S▼ +NOREPLY +BYTES +PKT\/S PACKETS/);
    terminal.keys('1');
    await terminal.until(/PROTO STATE +SOURCE .*NAT .*TIMEOUT.*MARK.*\n(?:.* 10\.\d+\.\d+\.\d+:\d+ .*\n){44}/);
    terminal.resize(20, 5);
    await terminal.until(/^entries (199|200),\d{3} of.*\n.*SOURCE/);
    terminal.resize(80, 24);
    await terminal.until(/PROTO STATE +SOURCE +DESTINATION +RATE\/S▼ +BYTES\n/);
  });

  it('groups are opened as filters, and Escape leads back', async () => {
    using terminal = new Terminal(80, 24);
    top(terminal);
    await terminal.until(READ);
    terminal.keys('4');
    await terminal.until(/8 groups of (199|200),/);
    terminal.keys('f');
    await terminal.until(/FLOWS▼/);
    const [, group, flows] = /^ +((?:tcp|udp) \d+) +(\S+)/m.exec(await terminal.until(/^ +(tcp|udp) \d+ +\d/m))!;
    terminal.keys('Down');
    terminal.keys('Enter');
    const [proto, port] = group!.split(' ');
    const opened = await terminal.until(new RegExp(`filter proto == ${proto} and dport == ${port} +[\\d,]+ flows`));
    expect(opened).toMatch(/PROTO STATE/);
    expect(flows).toMatch(/^\d/);
    terminal.keys('Escape');
    await terminal.until(/no filter +8 groups of (199|200),/);
  });

  it('the filter line completes, says what is wrong, and filters', async () => {
    using terminal = new Terminal(80, 24);
    top(terminal);
    await terminal.until(READ);
    terminal.keys('/');
    terminal.type('prot');
    await terminal.until(/^ proto=/m);
    terminal.keys('Tab');
    terminal.type('tcpp');
    await terminal.until(/unknown proto 'tcpp'/);
    terminal.keys('BSpace');
    terminal.type(' dport=443 src=10.0.0.0/24');
    terminal.keys('Enter');
    await terminal.until(/filter proto=tcp dport=443 src=10\.0\.0\.0\/24 +\d+ flows/);
    const matching = Array.from({ length: 256 }, (_, n) => flowOf(n)).filter(
      ({ protonum, original }) => protonum === 6 && original.dport === 443,
    );
    expect(terminal.screen()).toContain(` ${matching.length} flows`);
  });

  it('marked flows are deleted after a question, and no others', async () => {
    using terminal = new Terminal(80, 24);
    const before = await count();
    top(terminal, 'src=10.1.7.0/30');
    await terminal.until(/filter src in 10\.1\.7\.0\/30 +4 flows/);
    terminal.keys('Space', 'Space', 'd');
    await terminal.until(/Delete these 2 flows of/);
    expect(await count()).toBe(before);
    terminal.keys('y');
    await terminal.until(/2 flows deleted/);
    await terminal.until(/ 2 flows$/m);
    expect(await count()).toBe(before - 2);
    terminal.keys('Down', 'd');
    await terminal.until(/Delete this flow/);
    terminal.keys('n');
    await terminal.until(/nothing was deleted/);
    expect(await count()).toBe(before - 2);
  });

  it("one's own SSH connection is marked, and asked about twice", async () => {
    const own = flowOf(81_922);
    const { src, dst, sport, dport } = own.original;
    using terminal = new Terminal(80, 24, { SSH_CONNECTION: `${src} ${sport} ${dst} ${dport}` });
    const before = await count();
    top(terminal, `src=${src}`);
    await terminal.until(/^ @tcp /m);
    terminal.keys('Down', 'd');
    await terminal.until(/your own SSH connection/);
    terminal.keys('y');
    await terminal.until(/This ends the SSH session/);
    terminal.keys('Enter');
    await terminal.until(/nothing was deleted/);
    expect(await count()).toBe(before);
    terminal.keys('d', 'y');
    await terminal.until(/This ends the SSH session/);
    terminal.type('yes');
    terminal.keys('Enter');
    await terminal.until(/1 flow deleted/);
    expect(await count()).toBe(before - 1);
  });

  it('without accounting, bytes and rates are unknown, and the sysctl is named', async () => {
    namespace.sysctl('netfilter.nf_conntrack_acct', 0);
    try {
      using terminal = new Terminal(80, 24);
      top(terminal);
      const screen = await terminal.until(/accounting is off; sysctl -w net\.netfilter\.nf_conntrack_acct=1/);
      expect(screen).toMatch(/TIMEOUT▼/);
    } finally {
      namespace.sysctl('netfilter.nf_conntrack_acct', 1);
    }
  });

  it('NO_COLOR and a locale without Unicode are respected', async () => {
    using terminal = new Terminal(80, 24, { NO_COLOR: '1', LANG: 'C' });
    top(terminal);
    await terminal.until(/RATE\/Sv/);
    const screen = terminal.screen({ escapes: true });
    expect(/[^\x00-\x7f]/.test(screen)).toBe(false);
    expect(/\x1b\[[\d;]*3[0-7]/.test(screen)).toBe(false);
  });

  describe('of a server', () => {
    let server: ChildProcess;
    let url: string;
    const TOKEN = 'a-token-that-is-long-enough';
    beforeAll(async () => {
      if (reason !== undefined) return;
      const argv = ['serve', '--netns', namespace.path, '--listen', '127.0.0.1:0', '--token', TOKEN];
      server = spawn(process.execPath, [CTCTL, ...argv], { stdio: ['ignore', 'pipe', 'inherit'] });
      for await (const text of server.stdout!) {
        url = /(http:\/\/127\.0\.0\.1:\d+)/.exec(String(text))?.[1] ?? '';
        if (url !== '') break;
      }
    }, 120_000);
    afterAll(async () => {
      if (server === undefined) return;
      server.kill();
      await once(server, 'exit');
    });

    it('shows its flows and groups, opens a group, and deletes marked flows, and no others', async () => {
      using terminal = new Terminal(100, 30, { CTCTL_TOKEN: TOKEN });
      const before = await count();
      terminal.run('top', '--server', url);
      await terminal.until(READ);
      await terminal.until(/new unknown +ended unknown/);
      terminal.keys('2');
      await terminal.until(/SOURCE +FLOWS▼/);
      terminal.keys('/');
      terminal.type('src=10.2.9.0/30');
      terminal.keys('Enter');
      await terminal.until(/ 4 groups of 4 flows/);
      terminal.keys('Down', 'Enter');
      await terminal.until(/filter src in 10\.2\.9\.0\/30 and src == 10\.2\.9\.\d +1 flow$/m);
      terminal.keys('Space', 'd');
      await terminal.until(/Delete this flow/);
      expect(await count()).toBe(before);
      terminal.keys('y');
      await terminal.until(/1 flow deleted/);
      expect(await count()).toBe(before - 1);
      terminal.keys('q');
      await terminal.until(/^code 0$/m);
    });
  });

  describe('the terminal is given back', () => {
    const restored = async (terminal: Terminal, code: number): Promise<void> => {
      const screen = await terminal.until(new RegExp(`^code ${code}$`, 'm'));
      expect(screen).toMatch(/ready>/);
      expect([terminal.flag('alternate_on'), terminal.flag('cursor_flag'), terminal.flag('wrap_flag')]).toEqual([
        '0',
        '1',
        '1',
      ]);
      // The line editing of the shell works again.
      terminal.keys('clear', 'Enter');
      terminal.type('stty -a | tr ";" "\\n" | grep -c -e " icanon" -e " echo "');
      terminal.keys('Enter');
      await terminal.until(/^[12]$/m);
    };
    const started = async (env: Record<string, string> = {}): Promise<Terminal> => {
      const terminal = new Terminal(80, 24, env);
      top(terminal);
      await terminal.until(READ);
      expect(terminal.flag('alternate_on')).toBe('1');
      return terminal;
    };

    it.each([
      ['q', 0],
      ['C-c', 130],
    ])('after %s, with code %i', async (key, code) => {
      using terminal = await started();
      terminal.keys(key);
      await restored(terminal, code);
    });

    it.each([
      ['SIGTERM', 143],
      ['SIGHUP', 129],
      ['SIGINT', 130],
    ] as const)('after %s, with code %i', async (signal, code) => {
      using terminal = await started();
      process.kill(terminal.program(), signal);
      await restored(terminal, code);
    });

    it('after a crash, whose error is then readable', async () => {
      const bomb = join(tmpdir(), `ctctl-top-bomb-${process.pid}.cjs`);
      writeFileSync(bomb, "process.on('SIGUSR2', () => { throw new Error('a bomb went off'); });");
      using terminal = await started({ NODE_OPTIONS: `--require=${bomb}` });
      process.kill(terminal.program(), 'SIGUSR2');
      await terminal.until(/Error: a bomb went off/);
      await terminal.until(/^code \d+$/m);
      expect([terminal.flag('alternate_on'), terminal.flag('cursor_flag')]).toEqual(['0', '1']);
    });

    it('while it is suspended, and taken again by fg', async () => {
      using terminal = await started();
      terminal.keys('C-z');
      await terminal.until(/Stopped/);
      expect([terminal.flag('alternate_on'), terminal.flag('cursor_flag')]).toEqual(['0', '1']);
      terminal.type('fg; echo "code $?"');
      terminal.keys('Enter');
      await terminal.until(READ);
      expect(terminal.flag('alternate_on')).toBe('1');
      terminal.keys('2');
      await terminal.until(/groups of (199|200),/);
      terminal.keys('q');
      await restored(terminal, 0);
    });
  });
});
