import { asFault } from '#model/fault.ts';
import type { JournalEntry } from './journal.ts';
import type { OperationDefinition, RecoveredOperation } from './operation.ts';
import type { RunOutcome } from './run-steps.ts';

/** A definition of whatever kind; the entries of its kind have the input that fits. */
export type AnyDefinition = OperationDefinition<unknown, object, unknown>;

/** Why a definition of this version cannot go on with what another version of Wadah began; `undefined`: it can. */
export function findObstacle(definition: AnyDefinition | undefined, entry: JournalEntry): string | undefined {
  if (!definition) return `This version knows no operation "${entry.kind}"`;
  const isSame = entry.begun.every((name, index) => definition.steps[index]?.name === name);
  if (!isSame) return `In this version "${entry.kind}" has other steps than ${entry.begun.join(', ')}`;
  try {
    definition.describe(entry.input);
    definition.resources(entry.input);
    return undefined;
  } catch (error) {
    return `This version cannot read its input: ${asFault(error).message}`;
  }
}

export function recoveredOf(
  { id, kind }: JournalEntry,
  { state, fault, isLeft }: RunOutcome,
): RecoveredOperation {
  const notFinished = isLeft ? 'failed' : 'undone';
  const outcome = state === 'succeeded' ? 'finished' : notFinished;
  return { id, kind, outcome, ...(fault && { fault: fault.message }) };
}
