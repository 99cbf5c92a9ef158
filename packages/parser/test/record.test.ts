import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { CORPUS, corpusFiles, rewrite } from './corpus.js';

const script = fileURLToPath(new URL('../scripts/record-corpus.sh', import.meta.url));

/** Why the corpus cannot be recorded here; empty if it can. */
function obstacle(): string {
  if (process.platform !== 'linux') return 'not Linux';
  const version = spawnSync('conntrack', ['-V'], { encoding: 'utf8' });
  if (version.error !== undefined) return 'conntrack(8) is not installed';
  if (!version.stdout.includes('v1.4.7')) return `the corpus is of conntrack 1.4.7, here is ${version.stdout.trim()}`;
  for (const tool of ['nft', 'ip', 'unshare'])
    if (spawnSync(tool, ['--version']).error !== undefined) return `${tool} is not installed`;
  const probe = spawnSync(
    'unshare',
    ['--net', '--mount', 'sh', '-c', 'conntrack -L && sysctl -w net.netfilter.nf_conntrack_acct=1'],
    { encoding: 'utf8' },
  );
  if (probe.status !== 0) return `no privilege for a private network namespace: ${probe.stderr.trim()}`;
  if (!existsSync('/sys/module/nf_conntrack_ftp')) return 'no FTP helper in the kernel';
  return '';
}

/**
 * Replaces everything in a line that differs between runs: times, ids, ports and counters of real traffic; and everything in the name of a
 * file that depends on timing.
 */
const shapeOf = (line: string): string =>
  line
    .replace(/^\[[\d. ]+\]\t/, '[time]\t')
    .replace(/\[(start|stop)=[^\]]*\]/g, '[$1]')
    .replace(/<(when|timestamp)>.*?<\/\1>/g, '<$1/>')
    .replace(/ \[USERSPACE\] portid=\d+( progname=\w+)?/, ' [USERSPACE]')
    .replace(/<(id|deltatime|timeout|packets|bytes|sport|dport|use)>\d+</g, '<$1>N<')
    .replace(/(?<=^| )((?:delta-time|use|packets|bytes|sport|dport)=|-t )\d+/g, '$1N')
    .replace(/(?<!code=0) id=\d+/, ' id=N')
    .replace(
      /^((?:\s*\[\w+\] |\[time\]\t\s*(?:\[\w+\] )?)?(?:ipv\d +\d+ )?(?:\w+ +\d+)?) ?\d+ (?=[A-Z]|src|timeout|proto)/,
      '$1 N ',
    );

/** Lines of real traffic, whose shapes depend on timing. The shapes of the other entries, which the script creates itself, are compared. */
const REAL = /127\.0\.0\.1|=::1 dst=::1|-s ::1 -d ::1|<src>::1<\/src><dst>::1</;
const shapes = (text: string): string[] =>
  [
    ...new Set(
      text
        .split('\n')
        .filter(line => !REAL.test(line))
        .map(shapeOf),
    ),
  ].sort();

it('the output of conntrack(8) and the kernel on this machine equals the corpus, and is read and written back', ctx => {
  const reason = obstacle();
  if (reason !== '') return ctx.skip(reason);
  const folder = mkdtempSync(join(tmpdir(), 'conntrack-corpus-'));
  try {
    mkdirSync(join(folder, 'out'));
    const { status, stderr } = spawnSync('bash', [script, join(folder, 'out')], { encoding: 'utf8', timeout: 100_000 });
    expect(stderr).toBe('');
    expect(status).toBe(0);
    const names = readdirSync(join(folder, 'out')).sort();
    expect(names).toEqual(corpusFiles('recorded').map(([name]) => name));
    for (const name of names) {
      const text = readFileSync(join(folder, 'out', name), 'utf8');
      expect(rewrite(name, text), name).toBe(text);
      // The number of CPUs differs between machines, and events of a deletion depend on the remaining time of the entries.
      if (/^(?:stats|count)/.test(name)) continue;
      expect(shapes(text), name).toEqual(shapes(readFileSync(join(CORPUS, 'recorded', name), 'utf8')));
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
