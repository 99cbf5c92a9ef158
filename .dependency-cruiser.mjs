// The floors of the house: a package imports only from the floors below its own (CONTRIBUTING.md).
const floors = [
  ['flow'],
  ['parser', 'filter', 'netlink'],
  ['index'],
  ['table', 'client', 'lab', 'conntrack8'],
  ['api', 'history', 'fleet'],
  ['cli'],
];

const rules = floors.flatMap((floor, level) => {
  const below = floors.slice(0, level).flat();
  return floor.map(name => ({
    name: `floor-${level}-${name}`,
    comment: `packages/${name} may import only from ${below.length > 0 ? below.join(', ') : 'nothing'}`,
    severity: 'error',
    from: { path: `^packages/${name}/src/` },
    to: {
      path: '^packages/[^/]+/',
      pathNot: [name, ...below].map(allowed => `^packages/${allowed}/`),
    },
  }));
});

export default {
  forbidden: [
    ...rules,
    {
      name: 'no-circles',
      comment: 'circles of types alone too',
      severity: 'error',
      from: {},
      to: { circular: true },
    },
    {
      name: 'client-depends-on-flow-and-filter-alone',
      severity: 'error',
      from: { path: '^packages/client/src/' },
      to: { path: '^packages/(?!(client|flow|filter)/)|node_modules' },
    },
    {
      name: 'index-depends-on-flow-and-filter-alone',
      severity: 'error',
      from: { path: '^packages/index/src/' },
      to: { path: '^packages/(?!(index|flow|filter)/)|node_modules' },
    },
    {
      name: 'no-node-in-pure-packages',
      comment: 'flow, parser, filter, index and client run in a browser',
      severity: 'error',
      from: { path: '^packages/(flow|parser|filter|index|client)/src/(?!node/)' },
      to: { dependencyTypes: ['core'] },
    },
    {
      name: 'only-netlink-touches-the-addon',
      severity: 'error',
      from: { path: '^packages/(?!netlink/)[^/]+/src/' },
      to: { path: '\\.node$|^packages/netlink/(native|src/(?!index|text\\.ts|testing/|raw))' },
    },
    {
      name: 'only-api-knows-http',
      severity: 'error',
      from: { path: '^packages/(flow|parser|filter|netlink|index|table|conntrack8)/src/' },
      to: { path: '^(node:)?(http|https|http2)$|node_modules/hono' },
    },
    {
      name: 'no-unresolvable',
      severity: 'error',
      from: {},
      to: { couldNotResolve: true },
    },
  ],
  options: {
    includeOnly: '^packages/[^/]+/src/|node_modules|^(node:)?[a-z0-9_/]+$',
    doNotFollow: { path: 'node_modules|dist' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.base.json' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['@conntrack/source', 'import', 'types', 'default'],
    },
  },
};
