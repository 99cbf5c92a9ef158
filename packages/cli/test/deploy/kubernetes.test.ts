import { hubPermissions, nodePermissions } from '@conntrack/fleet/nats';
import type { ObjectMeta } from 'kubernetes-types/meta/v1';
import ts from 'typescript';
import { describe, expect, it } from 'vitest';
import { parse, parseAllDocuments } from 'yaml';
import { ConfigSchema, checked } from '../../src/config/index.js';
import { textOf } from './files.js';

interface Manifest {
  apiVersion: string;
  kind: string;
  metadata: ObjectMeta;
  data?: Record<string, string>;
  [member: string]: unknown;
}

const documents = parseAllDocuments(textOf('kubernetes/conntrack-api.yaml'));
const manifests = documents.map(document => document.toJS() as Manifest);
const one = (kind: string): Manifest => manifests.find(each => each.kind === kind)!;

/** Checks the manifests with TypeScript and the Kubernetes types: wrong names and values of members. */
function faults(checkedOnes: readonly Manifest[]): string[] {
  const file = new URL('manifests.ts', import.meta.url).pathname;
  const source = checkedOnes
    .map(({ apiVersion, kind, ...rest }, i) => {
      const group = apiVersion.replace(/^(\w+)(\.[\w.]+)?\//, '$1/').replace(/^v1$/, 'core/v1');
      const path = group === 'rbac/v1' ? 'rbac/v1' : group;
      return `import type { ${kind} as Kind${i} } from 'kubernetes-types/${path}';\nexport const value${i}: Kind${i} = ${JSON.stringify({ apiVersion, kind, ...rest })};`;
    })
    .join('\n');
  const options: ts.CompilerOptions = {
    strict: true,
    noEmit: true,
    skipLibCheck: true,
    module: ts.ModuleKind.ESNext,
    moduleResolution: ts.ModuleResolutionKind.Bundler,
    types: [],
  };
  const host = ts.createCompilerHost(options);
  const { getSourceFile, fileExists, readFile } = host;
  host.fileExists = name => name === file || fileExists(name);
  host.readFile = name => (name === file ? source : readFile(name));
  host.getSourceFile = (name, ...rest) =>
    name === file ? ts.createSourceFile(name, source, ts.ScriptTarget.ESNext) : getSourceFile(name, ...rest);
  return ts
    .getPreEmitDiagnostics(ts.createProgram([file], options, host))
    .map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, '\n'));
}

describe('the manifests of a fleet', () => {
  const all = parseAllDocuments(textOf('kubernetes/conntrack-fleet.yaml'));
  const ofFleet = all.map(document => document.toJS() as Manifest);
  const files = ofFleet.find(({ kind }) => kind === 'ConfigMap')!.data!;

  it('the manifests of a fleet are YAML, and Kubernetes accepts them', () => {
    for (const { errors, warnings } of all) expect([...errors, ...warnings]).toEqual([]);
    expect(ofFleet.map(({ kind }) => kind)).toEqual([
      ...['Namespace', 'ServiceAccount', 'ConfigMap', 'Service', 'Deployment', 'DaemonSet'],
    ]);
    expect(faults(ofFleet)).toEqual([]);
  });

  it('the configuration of the nodes is valid, and its files are mounted', () => {
    const text = files['server.yaml']!;
    const config = checked(parse(text), ConfigSchema, { where: () => 'server.yaml' });
    expect(config.fleet).toMatchObject({ url: 'tls://nats.conntrack-fleet.svc:4222/cluster', tags: ['kubernetes'] });
    const { spec } = (ofFleet.at(-1)!.spec as { template: { spec: Record<string, unknown> } }).template;
    const [container] = spec.containers as [{ volumeMounts: { mountPath: string }[] }];
    const mounted = container.volumeMounts.map(({ mountPath }) => mountPath);
    for (const [file] of text.matchAll(/\/etc\/[\w./-]+/g)) expect(mounted).toContain(file.replace(/\/[^/]+$/, ''));
  });

  it('the broker gives nodes and hubs what they need, and nothing that a node must not see', () => {
    const [hub, node] = files['nats.conf']!.split('nkey:')
      .slice(1)
      .map(user => [...user.matchAll(/"([^"]+)"/g)].map(([, subject]) => subject!));
    const covers = (granted: readonly string[], wanted: string): boolean =>
      granted.some(subject => {
        const pattern = subject.split('.').map(part => (part === '*' ? '[^.]+' : part === '>' ? '.+' : part));
        return new RegExp(`^${pattern.join('\\.')}$`).test(wanted);
      });
    const needs = [nodePermissions('cluster', 'gw-7', ['kubernetes']), hubPermissions('cluster', 'noc')];
    for (const [granted, { publish, subscribe }] of [
      [node!, needs[0]!],
      [hub!, needs[1]!],
    ] as const)
      for (const wanted of [...publish, ...subscribe])
        if (!wanted.includes('.flows.')) expect(covers(granted, wanted), wanted).toBe(true);
    for (const subject of ['ct.v1.cluster.reply.gw-7.noc.1', 'ct.v1.cluster.events.gw-7.noc.1'])
      expect(covers(node!.slice(3), subject), subject).toBe(false);
  });
});

describe('the manifests', () => {
  it('the Kubernetes manifests are YAML, and each has a different name', () => {
    for (const { errors, warnings } of documents) expect([...errors, ...warnings]).toEqual([]);
    expect(manifests.map(({ kind }) => kind)).toEqual([
      'Namespace',
      'ServiceAccount',
      'Role',
      'RoleBinding',
      'ConfigMap',
      'DaemonSet',
      'NetworkPolicy',
    ]);
    for (const { kind, metadata } of manifests)
      expect(metadata.namespace ?? metadata.name).toBe(kind === 'Namespace' ? metadata.name : 'conntrack');
  });

  it('Kubernetes accepts the manifests', () => {
    expect(faults(manifests)).toEqual([]);
    const policy = { ...one('NetworkPolicy'), spec: { podSelector: {}, policyTyps: [] } };
    expect(faults([policy]).join()).toContain('policyTyps');
  });

  it('the manifests give the server one capability, an unprivileged user, and no token of the cluster', () => {
    const { spec } = (one('DaemonSet').spec as { template: { spec: Record<string, unknown> } }).template;
    const [container] = spec.containers as [Record<string, unknown>];
    expect(spec).toMatchObject({
      hostNetwork: true,
      automountServiceAccountToken: false,
      serviceAccountName: one('ServiceAccount').metadata.name,
      securityContext: { runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } },
    });
    expect(container.securityContext).toMatchObject({
      privileged: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ['ALL'], add: ['NET_ADMIN'] },
    });
    expect(container).toMatchObject({ livenessProbe: {}, readinessProbe: {}, resources: { limits: {} } });
  });

  it('the configuration in the manifests is valid, and its files are mounted', () => {
    const text = one('ConfigMap').data!['server.yaml']!;
    const config = checked(parse(text), ConfigSchema, { where: () => 'server.yaml' });
    expect(config.listen).toMatchObject([{ address: '127.0.0.1:4681' }, { tls: { clients: [{}, {}] } }]);
    const { spec } = (one('DaemonSet').spec as { template: { spec: Record<string, unknown> } }).template;
    const [container] = spec.containers as [{ volumeMounts: { mountPath: string }[]; args: string[] }];
    const mounted = container.volumeMounts.map(({ mountPath }) => mountPath);
    for (const [file] of text.matchAll(/\/etc\/[\w./-]+/g)) expect(mounted).toContain(file.replace(/\/[^/]+$/, ''));
    expect(mounted).toContain(container.args.at(-1)!.replace(/\/[^/]+$/, ''));
  });
});
