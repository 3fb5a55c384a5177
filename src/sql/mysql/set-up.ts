import { errorText } from '../../language/error-text.ts';
import type { ServerKnowledge } from '../pool/server-knowledge.ts';
import { errnoOf, isUnknownToServer } from './mysql-failures.ts';
import type { SetupPart } from './session-setup.ts';
import type { StatementRunner } from './statement-runner.ts';

/** The form of each part that a server takes, by its name; null: none. */
type KnownForms = ReadonlyMap<string, number | null>;

/**
 * Tells a session its limits in one statement. Where the server refuses that, it is found out part by part which form it
 * takes; what it takes in no form is left out from then on, and is known as a protection that is missing.
 */
export async function setUp(
  session: StatementRunner,
  parts: readonly SetupPart[],
  knowledge: ServerKnowledge,
): Promise<void> {
  const known = knowledge.recall<KnownForms>('setup') ?? new Map<string, number>();
  const assignments = parts.flatMap(({ name, forms }) => {
    const form = known.has(name) ? known.get(name) : 0;
    return form === null || form === undefined ? [] : (forms[form] ?? []);
  });
  try {
    if (assignments.length > 0) await session.execute(`SET ${assignments.join(', ')}`);
  } catch (error) {
    if (!isUnknownToServer(errnoOf(error))) throw error;
    knowledge.remember('setup', await findForms(session, parts, known, knowledge));
  }
}

/**
 * Begins the transaction that the statement runs in. A setting holds for the transactions that come, not for one that is open:
 * what lifts the session's read-only mode together with a write, as `SET STATEMENT tx_read_only=0 FOR INSERT …`, is refused.
 */
export async function beginReadOnly(session: StatementRunner, knowledge: ServerKnowledge): Promise<void> {
  if (knowledge.recall<boolean>('read-only transactions') === false) return;
  try {
    await session.execute('START TRANSACTION READ ONLY');
  } catch (error) {
    if (!isUnknownToServer(errnoOf(error))) throw error;
    knowledge.remember('read-only transactions', false);
    knowledge.lacks('read_only', `the server refuses it: ${errorText(error)}`);
  }
}

async function findForms(
  session: StatementRunner,
  parts: readonly SetupPart[],
  known: KnownForms,
  knowledge: ServerKnowledge,
): Promise<KnownForms> {
  const found = new Map(known);
  for (const { name, protection, forms } of parts) {
    const { form, refusal } = await firstTaken(session, forms);
    found.set(name, form);
    if (protection !== null && form === null) knowledge.lacks(protection, `the server refuses it: ${refusal}`);
  }
  return found;
}

async function firstTaken(
  session: StatementRunner,
  forms: readonly string[],
): Promise<{ readonly form: number | null; readonly refusal: string }> {
  let refusal = '';
  for (const [form, assignment] of forms.entries()) {
    try {
      await session.execute(`SET ${assignment}`);
      return { form, refusal };
    } catch (error) {
      if (!isUnknownToServer(errnoOf(error))) throw error;
      refusal ||= errorText(error);
    }
  }
  return { form: null, refusal };
}
