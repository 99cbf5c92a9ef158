import { BASE_PATH_EXPECTED, isBasePath, isKeyUrl, JWT_ALGORITHMS, SCOPES } from '@conntrack/api/options';
import { parse } from 'yaml';
import { z } from 'zod';

const text = (what: string) => z.string(`must be ${what}`).min(1, `must be ${what}, but it is empty`);
const file = text('the path of a file');
const count = (minimum = 1) =>
  z
    .number('must be a whole number')
    .int('must be a whole number')
    .min(minimum, `must be at least ${minimum}`)
    .max(Number.MAX_SAFE_INTEGER, `must be at most ${Number.MAX_SAFE_INTEGER}`);
const seconds = z
  .number('must be a number of seconds')
  .min(0.001, 'must be more than 0 seconds')
  .max(86_400, 'must be at most 86400 seconds (one day)');
const scopes = z.array(z.enum(SCOPES, `must be one of ${SCOPES.join(', ')}`), 'must be a list of scopes');
const netns = z
  .array(z.string().regex(/^[\w.:@+-]{1,64}$/, "must be the name of a network namespace, as 'ip netns' shows it"))
  .optional();
/** An empty filter is rejected: it would not limit anything. */
const filter = text('a filter, for example src=10.0.0.0/8');

/** The rights of a token's holder or of a client with a certificate. */
export const holder = {
  name: text('a name'),
  scopes,
  filter: filter.optional(),
  netns,
};

const Client = z
  .strictObject({
    ...holder,
    san: z
      .string()
      .regex(
        /^(DNS|URI|email|IP Address):./,
        "must be a name with its kind: 'DNS:controller.example' or 'URI:spiffe://…'",
      )
      .optional(),
    commonName: text('a name').optional(),
    fingerprint: z
      .string()
      .regex(/^([0-9a-f]{2}:?){31}[0-9a-f]{2}$/i, 'must be the SHA-256 of a certificate: 64 hexadecimal digits')
      .optional(),
  })
  .refine(({ san, commonName, fingerprint }) => san ?? commonName ?? fingerprint, {
    message: 'san, commonName or fingerprint is required to identify the certificate',
  });

const Tls = z
  .strictObject({
    cert: file,
    key: file,
    clientCa: file.optional(),
    clientAuth: z.enum(['required', 'optional'], "must be 'required' or 'optional'").optional(),
    clients: z.array(Client).optional(),
  })
  .refine(({ clients, clientCa }) => clients === undefined || clientCa !== undefined, {
    path: ['clientCa'],
    message: 'is required, because clients are identified by certificates that this CA signed',
  });

// YAML 1.2 would read 0660 as the decimal number 660.
const mode = z
  .string("must be a mode in quotes: '0660'")
  .regex(/^0?[0-7]{3}$/, "must be a mode in quotes: '0660'")
  .transform(octal => Number.parseInt(octal, 8));

const address = text("an address: '127.0.0.1:4680', 'unix:/run/conntrack/api.sock', 'fd:3' or 'systemd'");
const Listen = z.strictObject({
  address,
  mode: mode.optional(),
  scopes: scopes.optional(),
  tls: Tls.optional(),
});
const listen = z.union([address.transform(text => ({ address: text })), Listen], {
  error: issue => (typeof issue.input === 'object' ? undefined : 'must be an address or an object with an address'),
});

/** Accepts one value or a list, and makes a list. */
const several = <T extends z.ZodType>(one: T) =>
  z.preprocess(
    value => (Array.isArray(value) || value === undefined ? value : [value]),
    z.array(one).min(1, 'must not be an empty list'),
  );

/** A token with its hash. */
export const TokenSchema = z.strictObject({
  ...holder,
  sha256: z
    .string()
    .regex(/^[0-9a-f]{64}$/i, "must be the SHA-256 of the token: 64 hexadecimal digits. 'ctctl token' prints both"),
  expires: z.iso
    .datetime({ offset: true, message: "must be a time with a time zone: '2027-01-01T00:00:00Z'" })
    .transform(time => new Date(time))
    .optional(),
});
const tokens = z.array(TokenSchema, 'must be a list of tokens');

/** A list of tokens, or the list as YAML or JSON text: an environment variable contains text. */
const tokenList = z.preprocess((value, context) => {
  if (typeof value !== 'string') return value;
  try {
    return parse(value) as unknown;
  } catch {
    context.issues.push({ code: 'custom', message: 'must be a list of tokens in YAML or JSON', input: undefined });
    return z.NEVER;
  }
}, tokens);

/** The content of a token file. */
export const TokensSchema = z.strictObject({ tokens });

const claim = text('the name of a claim');
const Jwt = z.strictObject({
  issuer: text('the issuer of the tokens (claim iss)'),
  audience: several(text('an audience (claim aud)')),
  jwks: text('the https URL or the file of a JSON Web Key Set').refine(
    where => !/^[a-z]+:\/\//i.test(where) || isKeyUrl(where),
    'must be an https URL; http is allowed on loopback only',
  ),
  algorithms: several(z.enum(JWT_ALGORITHMS, `must be one of ${JWT_ALGORITHMS.join(', ')}`)).optional(),
  clockTolerance: z
    .number('must be a number of seconds')
    .min(0, 'must be at least 0 seconds')
    .max(300, 'must be at most 300 seconds')
    .optional(),
  claims: z
    .strictObject({
      name: claim.optional(),
      scopes: claim.optional(),
      filter: claim.optional(),
      netns: claim.optional(),
    })
    .optional(),
  /** The scopes that each value of the scopes claim grants. */
  scopes: z.record(z.string(), scopes).optional(),
  filter: filter.optional(),
  netns,
});

/** A JSON Web Key Set. */
export const KeySetSchema = z.looseObject({
  keys: z.array(z.looseObject({ kty: text('the type of the key') }), 'must be a list of keys'),
});

/** A folder of NDJSON files, and how its files are finished and kept. */
const NdjsonFolder = z.strictObject({
  folder: file,
  maxBytes: count(65_536).optional(),
  maxAge: count().optional(),
  compress: z.enum(['none', 'gzip', 'zstd'], "must be 'none', 'gzip' or 'zstd'").optional(),
  keepBytes: count(65_536).optional(),
  keepDays: count().optional(),
});

/** The settings of a server, from a file, flags or environment variables. All are optional. */
export const ConfigSchema = z.strictObject({
  /** `kernel`, `procfs`, `file:FILE`, `memory:FILE` or `auto`. */
  source: text('a source').optional(),
  /** The network namespace whose table is served as the server's own. */
  netns: text('a network namespace').optional(),
  /** Additional network namespaces, served below /netns/NAME. */
  namespaces: several(netns.unwrap().element).optional(),
  listen: several(listen).optional(),
  /** TLS settings of TCP addresses that have no `tls` of their own. */
  tls: Tls.optional(),
  /** File mode of unix sockets that have no `mode` of their own. */
  socketMode: mode.optional(),
  anonymous: z.enum(['none', 'read'], "must be 'none' or 'read'").optional(),
  /** A token file, or a folder of token files. */
  tokens: file.optional(),
  /** Tokens in the configuration itself. */
  tokenList: tokenList.optional(),
  /** An issuer whose tokens are accepted (OIDC, JWT). */
  jwt: Jwt.optional(),
  /** Whether reads are answered from a current copy of the kernel's table in memory. */
  index: z.boolean('must be true or false').optional(),
  /** What of the past is recorded, and for how long. Absent: nothing. */
  history: z
    .strictObject({
      folder: text('a folder'),
      days: z.number('must be a number of days').positive('must be more than 0 days'),
      bytes: count(2 ** 20),
      /** Whether the beginning of translated flows is recorded, too. */
      nat: z.boolean('must be true or false').optional(),
      /** The fields to keep. Default: all. */
      fields: several(text('a field')).optional(),
    })
    .partial()
    .optional(),
  readOnly: z.boolean('must be true or false').optional(),
  /** Whether browsers get the web console. */
  console: z.boolean('must be true or false').optional(),
  /** Filters of flows that cannot be changed. */
  protect: several(filter).optional(),
  hosts: several(text('a name')).optional(),
  /** The path before every path that clients see. */
  basePath: z.string(BASE_PATH_EXPECTED).refine(isBasePath, BASE_PATH_EXPECTED).optional(),
  /** Origins whose web pages may use the API. */
  origins: several(
    z.string().regex(/^https?:\/\/[\w.:[\]-]+$/, "must be an origin without a path: 'https://noc.example'"),
  ).optional(),
  /** Reverse proxies whose X-Forwarded-For is trusted. */
  trustedProxies: several(text("an address, a prefix (10.0.0.0/8) or 'unix'")).optional(),
  /** Where audit lines go: `stderr` or a file. */
  audit: text("'stderr' or a file").optional(),
  /** Whether a change is refused if its audit lines cannot be written. */
  auditRequired: z.boolean('must be true or false').optional(),
  /** The server's name in `/version`. */
  node: text('a name').optional(),
  /** IPFIX collectors that get ended flows and NAT sessions. */
  ipfix: several(text("the URL of a collector: 'udp://192.0.2.9:4739'")).optional(),
  /** The folder for NDJSON files of ended flows and NAT mappings. */
  ndjson: z
    .union([file.transform(folder => ({ folder })), NdjsonFolder], {
      error: issue => (typeof issue.input === 'object' ? undefined : 'must be a folder, or an object with a folder'),
    })
    .optional(),
  /** The fleet that this host belongs to: the server dials out to the fleet's broker, and answers requests from there. */
  fleet: z
    .strictObject({
      url: text('the URL of a broker and the name of a fleet: nats://HOST:4222/FLEET').optional(),
      /** A credentials file of NATS, or the seed of an nkey. */
      credentials: file.optional(),
      /** Words by which several nodes can be asked together. */
      tags: several(text('a tag')).optional(),
      /** TLS: the CA of the broker's certificate, and a certificate for the broker. */
      ca: file.optional(),
      cert: file.optional(),
      key: file.optional(),
    })
    .optional(),
  log: z
    .strictObject({
      format: z.enum(['text', 'json'], "must be 'text' or 'json'").optional(),
      /** Whether each response is logged. */
      access: z.boolean('must be true or false').optional(),
    })
    .optional(),
  limits: z
    .strictObject({
      maxAffected: count(0).optional(),
      restoreBytes: count().optional(),
      restoreRate: count().optional(),
      restoreBadLines: count(0).optional(),
      dumps: count().optional(),
      dumpsPerPrincipal: count().optional(),
      plansPerPrincipal: count().optional(),
      subscribers: count().optional(),
      subscribersPerPrincipal: count().optional(),
      requests: count().optional(),
      refusals: count().optional(),
      connections: count().optional(),
    })
    .optional(),
  events: z
    .strictObject({
      /** When the server listens to its table: `demand` (while a client watches) or `start` (always). */
      listen: z.enum(['demand', 'start'], "must be 'demand' or 'start'").optional(),
      ring: count(65_536).optional(),
      buffer: count(100).optional(),
      snapshots: count().optional(),
    })
    .optional(),
  /** Time limits in seconds. */
  timeouts: z
    .strictObject({
      headers: seconds.optional(),
      request: seconds.optional(),
      restore: seconds.optional(),
      keepAlive: seconds.optional(),
      stall: seconds.optional(),
      dumpWait: seconds.optional(),
      grace: seconds.optional(),
    })
    .optional(),
});

/** The settings of a server. */
export type Config = z.output<typeof ConfigSchema>;
/** A listen address in the settings. */
export type ConfigListen = NonNullable<Config['listen']>[number];
