import { mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect } from 'node:tls';
import { hashToken } from '@conntrack/api';
import { ConntrackClient } from '@conntrack/client';
import { afterAll, describe, expect, it } from 'vitest';
import { ctctl } from '../ctctl.js';
import { outcome, serving, until } from '../serving.js';

const folder = mkdtempSync(join(tmpdir(), 'ctctl-reload-'));
afterAll(() => rmSync(folder, { recursive: true }));

const parties = new URL('../../../api/test/server/certificates/', import.meta.url);
const party = (name: string): string => readFileSync(new URL(name, parties), 'utf8');

/** The common name that a server shows to a new connection. */
const shown = (url: string): Promise<string> =>
  new Promise((resolve, reject) => {
    const socket = connect({ port: Number(new URL(url).port), host: '127.0.0.1', ca: party('ca.pem') }, () => {
      const { CN } = socket.getPeerCertificate().subject;
      socket.destroy();
      resolve(String(CN));
    }).on('error', reject);
  });

/** The number of reloads of a kind with an outcome, from the metrics. */
async function reloads(url: string, what: string, result: string): Promise<number> {
  const text = await (await fetch(`${url}/metrics`)).text();
  return Number(
    new RegExp(`^conntrack_reloads_total{what="${what}",outcome="${result}"} (\\d+)$`, 'm').exec(text)?.[1] ?? 0,
  );
}

const shows = (url: string, name: string): Promise<unknown> => expect.poll(() => shown(url)).toBe(name);

/** Two addresses: one in clear text for the metrics, and one with TLS from two files. */
const config = (name: string, cert: string, key: string): string => {
  const file = join(folder, name);
  writeFileSync(file, `listen: ['127.0.0.1:0', { address: '127.0.0.1:0', tls: { cert: ${cert}, key: ${key} } }]\n`);
  return file;
};

describe('certificates are reloaded when their files change', () => {
  it('a certificate that is replaced by renaming is used; one that does not match its key keeps the old one, and is reported and counted', async () => {
    const [cert, key] = [join(folder, 'tls.pem'), join(folder, 'tls.key')];
    const replace = (file: string, text: string): void => {
      writeFileSync(`${file}.new`, text);
      renameSync(`${file}.new`, file);
    };
    writeFileSync(cert, party('server.pem'));
    writeFileSync(key, party('server.key'));
    await serving(['--config', config('pair.yaml', cert, key)], {}, async ({ urls, said }) => {
      const [clear, url] = urls as [string, string];
      expect(await shown(url)).toBe('server');
      replace(cert, party('renewed.pem'));
      await until(() => said().includes('"event":"reload-failed"'), 'the key does not fit');
      expect(said()).toContain('certificate: the changed files are invalid; the old settings stay active: ');
      expect(await shown(url)).toBe('server');
      expect(await reloads(clear, 'certificate', 'failed')).toBe(1);
      replace(key, party('renewed.key'));
      await shows(url, 'renewed');
      expect(await reloads(clear, 'certificate', 'ok')).toBe(1);
      // Written in place and truncated in between, like a copying program does.
      writeFileSync(cert, '');
      writeFileSync(key, party('server.key'));
      writeFileSync(cert, party('server.pem'));
      await shows(url, 'server');
    });
  });

  it('certificates in a folder behind a symbolic link are reloaded when the link changes, as with a kubelet', async () => {
    const secret = join(folder, 'secret');
    const version = (name: string, from: string): void => {
      mkdirSync(join(secret, name), { recursive: true });
      writeFileSync(join(secret, name, 'tls.crt'), party(`${from}.pem`));
      writeFileSync(join(secret, name, 'tls.key'), party(`${from}.key`));
    };
    version('..2026_1', 'server');
    symlinkSync('..2026_1', join(secret, '..data'));
    for (const name of ['tls.crt', 'tls.key']) symlinkSync(join('..data', name), join(secret, name));
    const file = config('secret.yaml', join(secret, 'tls.crt'), join(secret, 'tls.key'));
    await serving(['--config', file], {}, async ({ urls }) => {
      const url = urls[1]!;
      expect(await shown(url)).toBe('server');
      version('..2026_2', 'renewed');
      symlinkSync('..2026_2', join(secret, '..data_tmp'));
      renameSync(join(secret, '..data_tmp'), join(secret, '..data'));
      rmSync(join(secret, '..2026_1'), { recursive: true });
      await shows(url, 'renewed');
    });
  });
});

it('TLS without an address is used for the default address', async () => {
  const argv = ['serve', '--check-config', '--tls-cert', '/nowhere.pem', '--tls-key', '/nowhere.key'];
  const { code, stderr } = await ctctl(argv);
  expect(code).toBe(2);
  expect(stderr).toContain('/nowhere.pem: tls.cert: cannot read this file (ENOENT)');
});

const one = (name: string, token: string): string =>
  `{ name: ${name}, sha256: ${hashToken(token)}, scopes: [flows:read] }`;

describe('tokens', () => {
  it('tokens are read from every file of a folder, and new, changed and removed files are noticed', async () => {
    const tokens = join(folder, 'tokens.d');
    mkdirSync(tokens);
    const put = (name: string, text: string): void => writeFileSync(join(tokens, name), text);
    put('one.yaml', `tokens: [${one('one', 'first')}]\n`);
    put('two.json', JSON.stringify({ tokens: [{ name: 'two', sha256: hashToken('second'), scopes: ['flows:read'] }] }));
    // Copies and hidden files may contain revoked tokens.
    put('one.yaml~', `tokens: [${one('old', 'taken-away')}]\n`);
    put('.hidden.yaml', `tokens: [${one('hidden', 'hidden')}]\n`);
    await serving(['--listen', '127.0.0.1:0', '--tokens', tokens], {}, async ({ urls: [url], said }) => {
      const count = (token: string) => outcome(new ConntrackClient({ url: url!, token }).count());
      expect(await Promise.all(['first', 'second', 'taken-away', 'hidden'].map(count))).toEqual([
        68,
        68,
        'unauthenticated',
        'unauthenticated',
      ]);
      put('three.yaml', `tokens: [${one('three', 'third')}]\n`);
      await expect.poll(() => count('third')).toBe(68);
      rmSync(join(tokens, 'one.yaml'));
      await expect.poll(() => count('first')).toBe('unauthenticated');
      put('three.yaml', 'tokens: [{ name: three }]\n');
      await until(() => said().includes('three.yaml:1:10: tokens[0].sha256'), 'the fault has its place');
      expect(await count('third')).toBe(68);
      expect(await reloads(url!, 'tokens', 'failed')).toBe(1);
    });
  });

  it('tokens of a variable are accepted beside those of a file', async () => {
    const tokens = join(folder, 'beside.yaml');
    writeFileSync(tokens, `tokens: [${one('file', 'of-the-file')}]\n`);
    const env = { CTCTL_TOKENS: tokens, CTCTL_TOKEN_LIST: `- ${one('variable', 'of-the-variable')}` };
    await serving(['--listen', '127.0.0.1:0'], env, async ({ urls: [url] }) => {
      for (const token of ['of-the-file', 'of-the-variable'])
        expect(await new ConntrackClient({ url: url!, token }).count()).toBe(68);
    });
  });

  it('an invalid token list in a variable is an error with code 2 that never shows the value', async () => {
    const wrong = async (list: string): Promise<string> => {
      const { code, stderr } = await ctctl(['serve', '--check-config'], { env: { CTCTL_TOKEN_LIST: list } });
      expect(code).toBe(2);
      return stderr;
    };
    const pasted = await wrong('[{ name: x, sha256: ct_secret, scopes: [] }]');
    expect(pasted).toContain('CTCTL_TOKEN_LIST: tokenList[0].sha256: must be the SHA-256 of the token');
    expect(pasted).not.toContain('ct_secret');
    expect(await wrong('[{')).toContain('CTCTL_TOKEN_LIST: must be a list of tokens in YAML or JSON\n');
    expect(await wrong('ct_secret')).not.toContain('ct_secret');
  });

  it('two token files with the same hash are an error', async () => {
    const tokens = join(folder, 'twins');
    mkdirSync(tokens);
    for (const name of ['a', 'b']) writeFileSync(join(tokens, `${name}.yaml`), `tokens: [${one(name, 'same')}]\n`);
    const { stderr } = await ctctl(['serve', '--check-config', '--tokens', tokens]);
    expect(stderr).toContain(`${tokens}/b.yaml: tokens[0]: 'b' and 'a' have the same hash`);
  });
});
