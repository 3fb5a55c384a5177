import { PodMonitor } from '@kubernetes-models/prometheus-operator/monitoring.coreos.com/v1';
import { Deployment } from 'kubernetes-models/apps/v1';
import { ConfigMap, Secret } from 'kubernetes-models/v1';
import { parseAllDocuments } from 'yaml';

/** A manifest as it is written; the check says what it really is. */
export interface Manifest {
  readonly kind: string;
  readonly metadata: { readonly name: string };
  readonly [key: string]: unknown;
}

/** Each has Kubernetes' own schema, or the operator's. */
const MODELS: Readonly<Record<string, { readonly prototype: { validate(): void } }>> = {
  'v1/ConfigMap': ConfigMap,
  'v1/Secret': Secret,
  'apps/v1/Deployment': Deployment,
  'monitoring.coreos.com/v1/PodMonitor': PodMonitor,
};

export function readManifests(text: string): readonly Manifest[] {
  return parseAllDocuments(text).map((document) => {
    for (const problem of document.errors) throw problem;
    return document.toJS() as Manifest;
  });
}

/** What the official schema of its kind has against a manifest, and which keys it does not know. */
export function problemsOf(manifest: Manifest): readonly string[] {
  const kind = `${manifest['apiVersion']}/${manifest.kind}`;
  const Model = MODELS[kind];
  if (Model === undefined) return [`there is no schema of ${kind}`];
  const unread = new Set<string>();
  try {
    // On a model, and so on a copy, in the library's own way; the check needs to see what is looked at.
    Model.prototype.validate.call(watched(manifest, '', unread));
  } catch (error) {
    return [(error as Error).message];
  }
  return [...unread].map((path) => `${path} is unknown`);
}

/**
 * The schemas allow any key, as Kubernetes does unless asked to be strict. But the validator reads each value whose key it
 * knows, so that what was never read is a slip. `unread` holds the paths of those.
 */
function watched(value: unknown, path: string, unread: Set<string>): unknown {
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).map(([key, inner]) => {
    const place = `${path}/${key}`;
    unread.add(place);
    const child = watched(inner, place, unread);
    const get = () => {
      unread.delete(place);
      return child;
    };
    return [key, { get, enumerable: true }] as const;
  });
  return Object.defineProperties(Array.isArray(value) ? [] : {}, Object.fromEntries(entries));
}
