import { asFault, Fault } from '#model/fault.ts';
import type { JournalEntry } from './journal.ts';
import type { OperationDefinition, RecoveredOperation } from './operation.ts';
import type { RunOutcome } from './run-steps.ts';

/** A definition of whatever kind; the entries of its kind have the input that fits. */
export type AnyDefinition = OperationDefinition<unknown, object, unknown>;

/** The definition, if it can go on with what another version of Wadah may have begun. Throws `unsupported`. */
export function requireFitting(definition: AnyDefinition | undefined, entry: JournalEntry): AnyDefinition {
  if (!definition) throw new Fault('unsupported', `This version knows no operation "${entry.kind}"`);
  const isSame = entry.begun.every((name, index) => definition.steps[index]?.name === name);
  if (!isSame) {
    throw new Fault(
      'unsupported',
      `In this version "${entry.kind}" has other steps than ${entry.begun.join(', ')}`,
    );
  }
  try {
    definition.describe(entry.input);
    definition.resources(entry.input);
  } catch (cause) {
    const why = asFault(cause).message;
    throw new Fault('unsupported', `This version cannot read the input of "${entry.kind}": ${why}`, {
      cause,
    });
  }
  return definition;
}

export function recoveredOf(
  { id, kind }: JournalEntry,
  { state, fault, isLeft }: RunOutcome,
): RecoveredOperation {
  const notFinished = isLeft ? 'failed' : 'undone';
  const outcome = state === 'succeeded' ? 'finished' : notFinished;
  return { id, kind, outcome, ...(fault && { fault: fault.message }) };
}
