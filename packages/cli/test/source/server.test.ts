import {
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { SAMPLE } from '../../src/sample.js';
import { ctctl } from '../ctctl.js';
import { serving } from '../serving.js';

const folder = mkdtempSync(join(tmpdir(), 'ctctl-server-'));
afterAll(() => rmSync(folder, { recursive: true }));

const TOKEN = 'a-token-that-is-long-enough';
const tokenFile = join(folder, 'token');
writeFileSync(tokenFile, `${TOKEN}\n`);
let last = 0;
/** An environment with contexts of its own. */
const ownEnv = () => ({ CTCTL_CLIENT_CONFIG: join(folder, `${++last}`, 'config.yaml') });

const listening = ['--listen', '127.0.0.1:0', '--anonymous', 'read', '--token', TOKEN];

describe('the table of a server', () => {
  it('a command works on a server by URL, by socket, by variable and by context', async () => {
    const socket = join(folder, 'api.sock');
    const env = ownEnv();
    await serving([...listening, '--listen', `unix:${socket}`], {}, async ({ urls: [url] }) => {
      const counted = { code: 0, stdout: '68\n', stderr: '' };
      expect(await ctctl(['count', '--server', url!])).toEqual(counted);
      expect(await ctctl(['--server', `unix:${socket}`, 'count'])).toEqual(counted);
      expect(await ctctl(['count'], { env: { CTCTL_SERVER: url } })).toEqual(counted);
      await ctctl(['config', 'set-context', 'edge', '--server', url!, '--token-file', tokenFile], { env });
      expect(await ctctl(['--context', 'edge', 'count'], { env })).toEqual(counted);
      expect(await ctctl(['count'], { env: { ...env, CTCTL_CONTEXT: 'edge' } })).toEqual(counted);
      await ctctl(['config', 'use-context', 'edge'], { env });
      expect(await ctctl(['count'], { env })).toEqual(counted);
    });
  });

  it('a source on the command line replaces a server of the environment, and the other way around', async () => {
    const env = ownEnv();
    const nowhere = 'http://127.0.0.1:1';
    await ctctl(['config', 'set-context', 'edge', '--server', nowhere], { env });
    await ctctl(['config', 'use-context', 'edge'], { env });
    const memory = { code: 0, stdout: '0\n', stderr: '' };
    expect(await ctctl(['count', '--source', 'memory'], { env: { ...env, CTCTL_SERVER: nowhere } })).toEqual(memory);
    expect(await ctctl(['count'], { env: { ...env, CTCTL_SOURCE: 'memory' } })).toEqual(memory);
    await serving(listening, {}, async ({ urls: [url] }) => {
      const { stdout } = await ctctl(['count', '--server', url!], { env: { ...env, CTCTL_SOURCE: 'memory' } });
      expect(stdout).toBe('68\n');
    });
  });

  it('a token comes from its file, or from the environment, and its absence is explained', async () =>
    serving(listening, {}, async ({ urls: [url] }) => {
      const remove = ['delete', 'proto=icmp', '--dry-run', '--server', url!];
      const refused = await ctctl(remove);
      expect([refused.code, refused.stderr]).toEqual([
        1,
        expect.stringMatching(/^ctctl: cannot delete: .*\n.*--token-file FILE/),
      ]);
      expect(refused.stderr).not.toContain('sudo');
      expect((await ctctl([...remove, '--token-file', tokenFile])).code).toBe(0);
      expect((await ctctl(remove, { env: { CTCTL_TOKEN_FILE: tokenFile } })).code).toBe(0);
      expect((await ctctl(remove, { env: { CTCTL_TOKEN: TOKEN } })).code).toBe(0);
      writeFileSync(join(folder, 'two'), 'a\nb\n');
      const two = await ctctl([...remove, '--token-file', join(folder, 'two')]);
      expect([two.code, two.stderr]).toEqual([2, expect.stringContaining('the token alone, in one line')]);
    }));

  it('a change on a server prints its address on a terminal', async () =>
    serving(listening, {}, async ({ urls: [url] }) => {
      const argv = ['delete', 'proto=icmp', '--server', url!, '--token-file', tokenFile];
      const { stderr } = await ctctl([...argv, '--dry-run'], { terminal: true });
      expect(stderr).toMatch(`server: ${url}\n`);
      expect((await ctctl([...argv, '--dry-run'])).stderr).not.toContain('server:');
      expect((await ctctl(['count', '--server', url!], { terminal: true })).stderr).toBe('');
    }));

  it('a server without network namespaces is explained', async () =>
    serving(listening, {}, async ({ urls: [url] }) => {
      const { code, stderr } = await ctctl(['count', '--server', url!, '--netns', 'blue']);
      expect([code, stderr]).toEqual([1, expect.stringContaining('--also-netns NAME')]);
    }));

  it.each([
    ['no server', ['--server', 'http://127.0.0.1:1'], 1, /no response from http:\/\/127.0.0.1:1.*\n.*ctctl serve/],
    ['an address without a scheme', ['--server', 'edge:4680'], 2, /Did you mean http:\/\/edge:4680\?/],
    ['a namespace by path', ['--server', 'http://127.0.0.1:1', '--netns', '/run/netns/a'], 2, /by name, not by path/],
    [
      'a missing token file',
      ['--server', 'http://127.0.0.1:1', '--token-file', '/nowhere'],
      2,
      /cannot read the token/,
    ],
    ['a token file for a local table', ['--token-file', tokenFile], 2, /^ctctl: --token-file does not apply here/],
    ['an unknown context', ['--context', 'nowhere'], 2, /unknown context 'nowhere'. Contexts: local/],
    ['a server and a source', ['--server', 'http://127.0.0.1:1', '--source', 'memory'], 2, /--source does not apply/],
  ])('an error says what to do: %s', async (_, argv, code, said) => {
    expect(await ctctl(['count', ...argv], { env: ownEnv() })).toEqual({
      code,
      stdout: '',
      stderr: expect.stringMatching(said),
    });
  });
});

describe('contexts', () => {
  it('a file of contexts that is a symbolic link stays one, and the linked file is written', async () => {
    const env = ownEnv();
    const linked = `${env.CTCTL_CLIENT_CONFIG}.linked`;
    mkdirSync(dirname(linked));
    writeFileSync(linked, 'contexts: {}');
    symlinkSync(linked, env.CTCTL_CLIENT_CONFIG);
    expect((await ctctl(['config', 'set-context', 'edge', '--server', 'unix:/a'], { env })).code).toBe(0);
    expect(readlinkSync(env.CTCTL_CLIENT_CONFIG)).toBe(linked);
    expect(readFileSync(linked, 'utf8')).toBe('currentContext: local\ncontexts:\n  edge:\n    server: unix:/a\n');
  });

  it('contexts are kept in a file that only its owner can read', async () => {
    const env = ownEnv();
    expect((await ctctl(['config', 'get-contexts'], { env })).stdout).toBe(
      '   NAME   SERVER     NAMESPACE\n*  local  this host\n',
    );
    await ctctl(['config', 'set-context', 'edge', '--server', 'https://edge:4680', '--token-file', tokenFile], { env });
    await ctctl(['config', 'set-context', 'edge', '--netns', 'blue'], { env });
    await ctctl(['config', 'use-context', 'edge'], { env });
    expect(statSync(env.CTCTL_CLIENT_CONFIG).mode & 0o777).toBe(0o600);
    expect((await ctctl(['config', 'get-contexts'], { env })).stdout).toBe(
      '   NAME   SERVER             NAMESPACE\n   local  this host\n*  edge   https://edge:4680  blue\n',
    );
    const text = `currentContext: edge\ncontexts:\n  edge:\n    server: https://edge:4680\n    tokenFile: ${tokenFile}\n    netns: blue\n`;
    expect((await ctctl(['config', 'view'], { env })).stdout).toBe(text);
    expect(readFileSync(env.CTCTL_CLIENT_CONFIG, 'utf8')).toBe(text);
    await ctctl(['config', 'delete-context', 'edge'], { env });
    expect((await ctctl(['config', 'view'], { env })).stdout).toBe('currentContext: local\ncontexts: {}\n');
  });

  it('a relative path of a context is that of the folder where it was set', async () => {
    const env = ownEnv();
    await ctctl(['config', 'set-context', 'a', '--server', 'unix:/a', '--token-file', 'token'], { env });
    expect((await ctctl(['config', 'view'], { env })).stdout).toContain(`tokenFile: ${process.cwd()}/token\n`);
  });

  it.each([
    ['currentContext: edge', /currentContext: unknown context 'edge'/],
    ['contexts: {a: {sever: x}}', /contexts\.a: unknown setting 'sever'. Known settings: server/],
    ['contexts: {a: {server: edge}}', /contexts\.a\.server: must be a URL/],
    ['contexts: {a: {}}', /contexts\.a\.server: must be a URL/],
    ['context: {}', /unknown setting 'context'/],
    ['contexts: [', /Flow sequence/],
  ])('a fault in the file is an error, and no other table is used: %s', async (text, said) => {
    const file = join(folder, 'faulty.yaml');
    writeFileSync(file, text);
    const { code, stderr } = await ctctl(['count'], { env: { CTCTL_CLIENT_CONFIG: file } });
    expect([code, stderr]).toEqual([2, expect.stringMatching(said)]);
    expect(stderr).toContain(file);
    // A source on the command line does not need the file.
    const memory = ['count', '--source', `memory:${SAMPLE}`];
    expect((await ctctl(memory, { env: { CTCTL_CLIENT_CONFIG: file } })).code).toBe(0);
  });

  it.each([
    ['set-context a', /a new context requires --server/],
    ['set-context local --server unix:/a', /is the table of this host/],
    ['set-context a/b --server unix:/a', /letters, digits/],
    ['set-context a --server edge', /--server: must be a URL/],
    ['use-context a', /unknown context 'a'/],
    ['delete-context local', /cannot be deleted/],
    ['use-context', /requires the name/],
    ['view a', /has no argument/],
    ['view --server unix:/a', /has no options/],
    ['show', /unknown action 'show'. Actions: view, get-contexts/],
  ])('an error says what config expects: config %s', async (words, said) => {
    const { code, stderr } = await ctctl(['config', ...words.split(' ')], { env: ownEnv() });
    expect([code, stderr]).toEqual([2, expect.stringMatching(said)]);
  });
});
