import { haveCommonVersion, holdsVersion } from '../language/version-range.ts';
import type { When } from '../model/plan.ts';
import type { ServerFacts } from '../model/server-facts.ts';

/** Why role or version of a server do not meet a `when`, in words; null: they do. */
export function whyNot({ role, version }: When, facts: ServerFacts): string | null {
  if (role !== null && facts.role !== role) {
    return facts.role === null ? `role is not known, so not ${role}` : `role is ${facts.role}, not ${role}`;
  }
  if (version === null || (facts.release !== null && holdsVersion(version, facts.release))) return null;
  return `version is ${facts.version ?? 'not known'}, not ${version.text}`;
}

/** Whether the two can never hold on one server at one time. What their SQL says is not known. */
export function excludeEachOther(a: When | null, b: When | null): boolean {
  if (a === null || b === null) return false;
  if (a.role !== null && b.role !== null && a.role !== b.role) return true;
  return a.version !== null && b.version !== null && !haveCommonVersion(a.version, b.version);
}
