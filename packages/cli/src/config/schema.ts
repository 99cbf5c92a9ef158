import { BASE_PATH_EXPECTED, isBasePath, isKeyUrl, JWT_ALGORITHMS, SCOPES } from '@conntrack/api/options';
import { parse } from 'yaml';
import { z } from 'zod';

const text = (what: string) => z.string(`${what} is expected`).min(1, `${what} is expected`);
const file = text('the path of a file');
const count = (minimum = 1) =>
  z
    .number('must be a whole number')
    .int('must be a whole number')
    .min(minimum, `must be at least ${minimum}`)
    .max(Number.MAX_SAFE_INTEGER, 'that is too large');
const seconds = z
  .number('must be a number of seconds')
  .min(0.001, 'must be more than 0 seconds')
  .max(86_400, 'at most a day (86400 seconds) is expected');
const scopes = z.array(z.enum(SCOPES, `must be one of ${SCOPES.join(', ')}`), 'must be a list of scopes');
const netns = z
  .array(z.string().regex(/^[\w.:@+-]{1,64}$/, 'must be the name of a network namespace as in ip-netns(8)'))
  .optional();
/** Beside the rules of filters: nothing at all would be no limit. */
const filter = text('a filter, as in src=10.0.0.0/8,');

/** What somebody may do: a token's holder, or a certificate's. */
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
        "a name with its kind is expected: 'DNS:controller.example', 'URI:spiffe://…'",
      )
      .optional(),
    commonName: text('a name').optional(),
    fingerprint: z
      .string()
      .regex(/^([0-9a-f]{2}:?){31}[0-9a-f]{2}$/i, 'the SHA-256 of a certificate in hexadecimal is expected')
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
    message: 'clients with certificates require clientCa, the authority that signs them',
  });

// A number would be read as decimal: 0660 is 660 to YAML 1.2.
const mode = z
  .string("must be a mode in quotes: '0660'")
  .regex(/^0?[0-7]{3}$/, "must be a mode in quotes: '0660'")
  .transform(octal => Number.parseInt(octal, 8));

const address = text("an address ('127.0.0.1:4680', 'unix:/run/conntrack/api.sock', 'fd:3', 'systemd')");
const Listen = z.strictObject({
  address,
  mode: mode.optional(),
  scopes: scopes.optional(),
  tls: Tls.optional(),
});
const listen = z.union([address.transform(text => ({ address: text })), Listen], {
  error: issue => (typeof issue.input === 'object' ? undefined : 'must be an address'),
});

/** One or several, as one list. */
const several = <T extends z.ZodType>(one: T) =>
  z.preprocess(
    value => (Array.isArray(value) || value === undefined ? value : [value]),
    z.array(one).min(1, 'must have at least one member'),
  );

/** One token, hashed. */
export const TokenSchema = z.strictObject({
  ...holder,
  sha256: z
    .string()
    .regex(/^[0-9a-f]{64}$/i, 'the SHA-256 of the token in hexadecimal is expected; ctctl token makes both'),
  expires: z.iso
    .datetime({ offset: true, message: "must be a time with a time zone: '2027-01-01T00:00:00Z'" })
    .transform(time => new Date(time))
    .optional(),
});
const tokens = z.array(TokenSchema, 'must be a list of tokens');

/** The list itself, or its text in YAML or JSON, as a variable of the environment has it. */
const tokenList = z.preprocess((value, context) => {
  if (typeof value !== 'string') return value;
  try {
    return parse(value) as unknown;
  } catch {
    context.issues.push({ code: 'custom', message: 'the file is not valid YAML or JSON', input: undefined });
    return z.NEVER;
  }
}, tokens);

/** A file of tokens. */
export const TokensSchema = z.strictObject({ tokens });

const claim = text('the name of a claim');
const Jwt = z.strictObject({
  issuer: text('the issuer of the tokens'),
  audience: several(text('an audience')),
  jwks: text('the https URL, or the file, of a JSON Web Key Set').refine(
    where => !/^[a-z]+:\/\//i.test(where) || isKeyUrl(where),
    'must be an https URL; http is allowed on loopback only',
  ),
  algorithms: several(z.enum(JWT_ALGORITHMS, `must be one of ${JWT_ALGORITHMS.join(', ')}`)).optional(),
  clockTolerance: z
    .number('must be a number of seconds')
    .min(0, 'must be at least 0 seconds')
    .max(300, 'at most 300 seconds are expected')
    .optional(),
  claims: z
    .strictObject({
      name: claim.optional(),
      scopes: claim.optional(),
      filter: claim.optional(),
      netns: claim.optional(),
    })
    .optional(),
  /** What each value of the claim of scopes allows. */
  scopes: z.record(z.string(), scopes).optional(),
  filter: filter.optional(),
  netns,
});

/** A JSON Web Key Set. */
export const KeySetSchema = z.looseObject({
  keys: z.array(z.looseObject({ kty: text('the type of a key') }), 'must be a list of keys'),
});

/** The settings of a server, all of them optional: of a file, of flags, of the environment. */
export const ConfigSchema = z.strictObject({
  /** `kernel`, `procfs`, `file:FILE`, `memory:FILE`, `auto`. */
  source: text('a source').optional(),
  /** The network namespace whose table is the server's own. */
  netns: text('a network namespace').optional(),
  /** Network namespaces that are served beside it, below /netns/NAME. */
  namespaces: several(netns.unwrap().element).optional(),
  listen: several(listen).optional(),
  /** What addresses of hosts speak TLS with that have no `tls` of their own. */
  tls: Tls.optional(),
  /** The mode of unix sockets that have none of their own. */
  socketMode: mode.optional(),
  anonymous: z.enum(['none', 'read'], "must be 'none' or 'read'").optional(),
  /** A file of tokens, or a folder of such files. */
  tokens: file.optional(),
  /** Tokens that stand in the configuration itself. */
  tokenList: tokenList.optional(),
  /** Tokens of an issuer: OIDC, JWT. */
  jwt: Jwt.optional(),
  readOnly: z.boolean('must be true or false').optional(),
  /** Flows that no change touches. */
  protect: several(filter).optional(),
  hosts: several(text('a name')).optional(),
  /** In front of every path that clients see. */
  basePath: z.string(BASE_PATH_EXPECTED).refine(isBasePath, BASE_PATH_EXPECTED).optional(),
  /** Origins whose web pages may use the API. */
  origins: several(
    z.string().regex(/^https?:\/\/[\w.:[\]-]+$/, "must be an origin without a path: 'https://noc.example'"),
  ).optional(),
  /** Reverse proxies whose X-Forwarded-For is believed. */
  trustedProxies: several(text("an address, a prefix (10.0.0.0/8) or 'unix'")).optional(),
  /** Where audit lines go: `stderr`, or a file. */
  audit: text("'stderr' or a file").optional(),
  /** A change whose audit lines cannot be written is not made. */
  auditRequired: z.boolean('must be true or false').optional(),
  /** What the server calls itself. */
  node: text('a name').optional(),
  log: z
    .strictObject({
      format: z.enum(['text', 'json'], "must be 'text' or 'json'").optional(),
      /** Each answer leaves a line. */
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
      /** When the server listens to its table: while somebody watches, or from its start on. */
      listen: z.enum(['demand', 'start'], "must be 'demand' or 'start'").optional(),
      ring: count(65_536).optional(),
      buffer: count(100).optional(),
      snapshots: count().optional(),
    })
    .optional(),
  /** Seconds. */
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
/** An address of a configuration. */
export type ConfigListen = NonNullable<Config['listen']>[number];
