import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { hashToken, serve } from '@conntrack/api';
import { afterAll, describe, expect, test } from 'vitest';
import { authority, party } from '../../../api/test/server/certificates.js';
import { tableOf } from '../../../api/test/support.js';
import {
  ConfigError,
  filesOf,
  mergeConfigs,
  protectOf,
  readConfig,
  readTokens,
  serveOptionsOf,
} from '../../src/config/index.js';

const folder = mkdtempSync(join(tmpdir(), 'conntrack-config-'));
afterAll(() => rmSync(folder, { recursive: true }));
let files = 0;
const write = (text: string, name = `${files++}.yaml`): string => {
  const file = join(folder, name);
  writeFileSync(file, text);
  return file;
};

/** The faults, without the file's name. */
function faults(read: () => unknown): string[] {
  try {
    read();
  } catch (error) {
    expect(error).toBeInstanceOf(ConfigError);
    return (error as ConfigError).message.replaceAll(/\S*\/(\d+\.yaml|[\w-]+\.\w+)/g, '').split('\n');
  }
  throw new Error('it was read');
}

write(party('server').cert, 'server.pem');
write(party('server').key, 'server.key');
write(party('reader').key, 'reader.key');
write(authority, 'ca.pem');

test('a file with all settings is accepted and served', async () => {
  write(
    `tokens:
  - name: controller
    sha256: ${hashToken('secret')}
    scopes: [flows:read, flows:delete]
    filter: src=10.0.0.0/8
    netns: [blue]
    expires: 2099-01-01T00:00:00Z
`,
    'tokens.yaml',
  );
  const config = readConfig(
    write(`
listen:
  - 127.0.0.1:0
  - address: unix:${folder}/api.sock
    mode: '0660'
    scopes: [flows:read]
  - address: '[::1]:0'
    tls:
      cert: server.pem
      key: server.key
      clientCa: ca.pem
      clientAuth: optional
      clients: [{ name: reader, san: 'DNS:reader.example', scopes: [flows:read] }]
anonymous: read
tokens: tokens.yaml
readOnly: true
protect: [dport=22, 'proto == udp and dport == 53']
hosts: conntrack.example
audit: audit.ndjson
log: { format: json }
limits: { maxAffected: 5000, dumps: 2, connections: 100 }
events: { listen: start, ring: 1048576 }
timeouts: { headers: 2.5, stall: 30, grace: 1 }
`),
  );
  expect(config).toMatchObject({
    audit: join(folder, 'audit.ndjson'),
    hosts: ['conntrack.example'],
    log: { format: 'json' },
  });
  expect(protectOf(config)).toMatchObject({ kind: 'or' });
  const options = serveOptionsOf(config);
  expect(options).toMatchObject({
    listen: [{ address: '127.0.0.1:0' }, { mode: 0o660, scopes: ['flows:read'] }, { tls: { clientAuth: 'optional' } }],
    tokens: [{ name: 'controller', netns: ['blue'], filter: { kind: 'test' }, expires: new Date('2099-01-01') }],
    limits: { maxAffected: 5000, dumps: 2, stall: 30_000 },
    connections: { headers: 2500, connections: 100 },
    eventLimits: { listen: 'start', ring: 1048576 },
    grace: 1000,
  });
  await using server = await serve({ table: tableOf(), ...options });
  expect(server.urls.map(url => url.replace(/:\d+$/, ''))).toEqual([
    'http://127.0.0.1',
    `unix:${folder}/api.sock`,
    'https://[::1]',
  ]);
});

test('a file can be JSON, and an empty file has no settings', () => {
  expect(readConfig(write('{"listen": "127.0.0.1:4680", "readOnly": true}'))).toMatchObject({ readOnly: true });
  expect(readConfig(write('# nothing yet\n'))).toEqual({});
});

describe('all faults are reported at once, each with its line, column and the expected value', () => {
  test.each<[string, string[]]>([
    ['readonly: true\n', [':1:1: readonly: unknown setting. Known settings: source, netns,']],
    [
      'readOnly: yes\nanonymous: write\n',
      [':1:1: readOnly: must be true or false', ":2:1: anonymous: must be 'none' or 'read', got 'write'"],
    ],
    [
      'limits:\n  maxAffected: lots\n  dump: 3\n',
      [
        ':2:3: limits.maxAffected: must be a whole number',
        ':3:3: limits.dump: unknown setting. Known settings: maxAffected',
      ],
    ],
    ['listen:\n  - address: unix:/x\n    mode: 0660\n', [":3:5: listen[0].mode: must be a mode in quotes: '0660'"]],
    ['listen:\n  - port: 1\n', [':2:5: listen[0].address: must be an address']],
    ['listen: [5]\n', [': listen[0]: must be an address or an object with an address, got 5']],
    [
      'listen:\n  - address: 0.0.0.0:1\n    tls:\n      cert: a\n      key: b\n      clients: [{name: x, scopes: [flows:all]}]\n',
      ['tls.clients[0].scopes[0]: must be one of flows:read'],
    ],
    ['a: 1\na: 2\n', [':2:1: Map keys must be unique']],
    ['listen: [\n', [': Flow sequence']],
    ['timeouts: { grace: -1 }\n', ['timeouts.grace: must be more than 0 seconds']],
  ])('the faults of this configuration are reported with their places: %s', (text, expected) => {
    const said = faults(() => readConfig(write(text)));
    for (const each of expected) expect(said.join('\n')).toContain(each);
  });

  test('a missing configuration file is a fault', () => {
    expect(faults(() => readConfig('/nowhere/at/all.yaml'))[0]).toContain('cannot read this file (ENOENT)');
  });

  test('filters and certificates in a configuration are checked', () => {
    const tls = (more: string): string => `listen: [{ address: 127.0.0.1:0, tls: { ${more} } }]\n`;
    expect(faults(() => protectOf({ protect: ['dprot=22'] })).join()).toMatch(/protect\[0\].*dprot=22.*Did you mean/s);
    expect(faults(() => protectOf({ protect: ['event=new'] })).join()).toContain('protect[0]');
    expect(faults(() => serveOptionsOf(readConfig(write(tls('cert: none.pem, key: none.key'))))).length).toBe(2);
    expect(faults(() => serveOptionsOf(readConfig(write(tls('cert: server.pem, key: reader.key'))))).join()).toContain(
      'do not work',
    );
  });

  test('faults in token files are reported with their places, and never show a token', () => {
    const sha256 = hashToken('x');
    const token = (more: string): string => `  - { name: a, sha256: ${sha256}, scopes: [flows:read]${more} }\n`;
    const read = (text: string) => faults(() => readTokens(write(`tokens:\n${text}`))).join('\n');
    expect(read(token(', token: x'))).toContain('tokens[0].token: unknown setting. Known settings: name, scopes');
    expect(read(token(', expires: 2099-01-01'))).toContain('tokens[0].expires: must be a time with a time zone');
    expect(read(token(", filter: ''"))).toContain('tokens[0].filter: must be a filter');
    expect(read(token(', filter: dprot=1'))).toContain('Did you mean');
    expect(read(token(', filter: event=new'))).toContain('tokens[0].filter');
    expect(read(token('') + token(''))).toContain("tokens[1]: 'a' and 'a' have the same hash");
    const secret = read('  - { name: a, sha256: secret, scopes: [] }\n');
    expect(secret).toContain("'ctctl token' prints both");
    expect(secret).not.toContain("'secret'");
  });
});

test('a later configuration takes precedence; groups are merged, lists are not', () => {
  expect(
    mergeConfigs(
      { listen: [{ address: 'a' }], limits: { dumps: 1, requests: 5 }, readOnly: true },
      { listen: [{ address: 'b' }], limits: { dumps: 2 } },
    ),
  ).toEqual({ listen: [{ address: 'b' }], limits: { dumps: 2, requests: 5 }, readOnly: true });
});

describe('an issuer of tokens', () => {
  const jwt = (more: string): string => write(`jwt: { issuer: https://idp.example, audience: conntrack, ${more} }\n`);

  test("an issuer's keys can be in a file next to the configuration", () => {
    write(JSON.stringify({ keys: [{ kty: 'OKP', crv: 'Ed25519', x: 'AA' }] }), 'keys.json');
    const config = readConfig(jwt('jwks: keys.json, filter: proto=tcp, scopes: { noc: [flows:read] }'));
    expect(serveOptionsOf(config).jwt).toMatchObject({
      issuer: 'https://idp.example',
      audience: ['conntrack'],
      jwks: { keys: [{ kty: 'OKP' }] },
      filter: { kind: 'test' },
      scopes: { noc: ['flows:read'] },
    });
    expect(filesOf(config)).toMatchObject([{ what: 'keys', paths: [join(folder, 'keys.json')] }]);
  });

  test.each([
    ['jwks: http://idp.example/keys', 'must be an https URL'],
    ['jwks: https://idp.example/keys, algorithms: [HS256]', 'one of RS256'],
    ['jwks: https://idp.example/keys, algorithms: none', 'one of RS256'],
    ['jwks: https://idp.example/keys, scopes: { noc: [all] }', 'one of flows:read'],
    ['jwks: nowhere.json', 'ENOENT'],
    ['jwks: https://idp.example/keys, filter: dprot=1', 'dprot'],
  ])('an issuer with %s is a fault', (more, message) => {
    expect(faults(() => serveOptionsOf(readConfig(jwt(more)))).join()).toContain(message);
  });
});
