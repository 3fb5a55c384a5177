import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { loadConfig } from '../../src/config/load.ts';
import { readDocument } from '../docs/documents.ts';
import { type Manifest, problemsOf, readManifests } from './manifest-check.ts';

const MANIFESTS = 'examples/kubernetes/query-exporter.yaml';

const text = readDocument(MANIFESTS);
const manifests = readManifests(text);

test('the manifests are valid by the schemas of Kubernetes and of the Prometheus operator', () => {
  assert.deepEqual(
    manifests.map(({ kind }) => kind),
    ['ConfigMap', 'Secret', 'Deployment', 'PodMonitor'],
  );
  for (const manifest of manifests) assert.deepEqual(problemsOf(manifest), [], manifest.kind);
});

/** What the check has to see. Each changes one place of the manifests. */
const BROKEN: readonly (readonly [from: string, to: string, problem: RegExp])[] = [
  ['containerPort: 9104', 'containerPort: metrics', /containers\/0\/ports\/0\/containerPort must be integer/],
  ['type: Recreate', 'type: Recreat', /strategy\/type must be equal to one of the allowed values/],
  ['replicas: 1', 'replicas: one', /spec\/replicas must be integer/],
  ['livenessProbe:', 'livenesProbe:', /containers\/0\/livenesProbe is unknown/],
  ['readOnlyRootFilesystem', 'readOnlyRootFileSystem', /securityContext\/readOnlyRootFileSystem is unknown/],
  ['stringData:', 'stringdata:', /^\/stringdata is unknown/],
  ['port: metrics, interval: 15s', 'port: 9104, interval: 15s', /podMetricsEndpoints\/0\/port must be string/],
  ['metrics, interval: 15s', 'metrics, interval: soon', /podMetricsEndpoints\/0\/interval must match pattern/],
];

for (const [from, to, problem] of BROKEN) {
  test(`"${to}" is refused`, () => {
    assert.ok(text.includes(from));
    const problems = readManifests(text.replace(from, to)).flatMap(problemsOf);
    assert.match(problems.join('\n'), problem);
  });
}

interface PodSpec {
  readonly securityContext: Readonly<Record<string, unknown>>;
  readonly containers: readonly {
    readonly ports: readonly { readonly name: string; readonly containerPort: number }[];
    readonly securityContext: Readonly<Record<string, unknown>>;
    readonly volumeMounts: readonly { readonly name: string; readonly mountPath: string }[];
  }[];
  readonly volumes: readonly {
    readonly name: string;
    readonly configMap?: { readonly name: string };
    readonly secret?: { readonly secretName: string };
  }[];
}

const pod = (find('Deployment')['spec'] as { readonly template: { readonly spec: PodSpec } }).template.spec;

test('nothing of the pod is allowed more than it needs', () => {
  const [container] = pod.containers;
  assert.deepEqual(pod.securityContext, {
    runAsNonRoot: true,
    runAsUser: 65532,
    runAsGroup: 65532,
    fsGroup: 65532,
    seccompProfile: { type: 'RuntimeDefault' },
  });
  assert.deepEqual(container?.securityContext, {
    allowPrivilegeEscalation: false,
    readOnlyRootFilesystem: true,
    capabilities: { drop: ['ALL'] },
  });
});

test('the manifests name each other', () => {
  const [container] = pod.containers;
  const volumes = new Set(pod.volumes.map(({ name }) => name));
  for (const { name } of container?.volumeMounts ?? []) assert.ok(volumes.has(name), name);
  assert.equal(pod.volumes.find(({ name }) => name === 'config')?.configMap?.name, find('ConfigMap').metadata.name);
  assert.equal(pod.volumes.find(({ name }) => name === 'secrets')?.secret?.secretName, find('Secret').metadata.name);
  const { podMetricsEndpoints, selector } = find('PodMonitor')['spec'] as {
    readonly podMetricsEndpoints: readonly { readonly port: string }[];
    readonly selector: unknown;
  };
  assert.deepEqual(selector, (find('Deployment')['spec'] as { readonly selector: unknown }).selector);
  assert.deepEqual(
    podMetricsEndpoints.map(({ port }) => port),
    container?.ports.map(({ name }) => name),
  );
});

test('the configuration in the ConfigMap loads, with the secret beside it', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'qe-kubernetes-'));
  try {
    const files = find('ConfigMap')['data'] as Readonly<Record<string, string>>;
    const secrets = find('Secret')['stringData'] as Readonly<Record<string, string>>;
    for (const [name, content] of Object.entries({ ...files, ...secrets })) {
      await writeFile(join(folder, name), content, { mode: 0o600 });
    }
    const { plan } = loadConfig(
      { paths: [join(folder, 'config.yml')], env: { CREDENTIALS_DIRECTORY: folder } },
      { revision: 1, nowMs: 0 },
    );
    assert.equal(plan.tasks.length, 1);
  } finally {
    await rm(folder, { recursive: true });
  }
});

function find(kind: string): Manifest {
  return manifests.find((manifest) => manifest.kind === kind) ?? assert.fail(`there is no ${kind}`);
}
