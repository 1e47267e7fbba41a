import { isDeepStrictEqual } from 'node:util';
import type { ConfigKeyName, Settings } from '#model/config-keys.ts';
import { readSettings } from '#model/config-keys.ts';
import type { RunPlan } from '../engine.ts';

/**
 * Carries out some of what a plan says: the one place that knows by which kernel file, field of crun, argument or
 * command. What its methods are given is the engine's own affair.
 */
export interface Carrier {
  /** The config keys that it carries out. */
  readonly keys: readonly ConfigKeyName[];
  /** What it carries out of a plan, as plain data; `undefined` where nothing has to be done. */
  part(plan: RunPlan): unknown;
}

/** What those keys say in a plan; `undefined` when nobody has set any of them. */
export const partOf =
  (...keys: readonly (keyof Settings)[]) =>
  ({ settings }: RunPlan): unknown => {
    const part = keys.map((key) => settings[key]);
    return isDeepStrictEqual(
      part,
      keys.map((key) => defaults[key]),
    )
      ? undefined
      : part;
  };

const defaults = readSettings({});

/**
 * Brings an instance from one plan to another by those of the carriers whose part changes: all of them or none.
 * When one refuses, those before it are brought back, and its refusal is thrown. `before`: `undefined` when it is
 * fresh from the kernel.
 */
export async function carryOut<C extends Carrier>(
  carriers: readonly C[],
  { before, after }: { before: RunPlan | undefined; after: RunPlan },
  bring: (carrier: C, plan: RunPlan) => Promise<void>,
): Promise<void> {
  const changed = carriers.filter(
    (carrier) => !isDeepStrictEqual(before && carrier.part(before), carrier.part(after)),
  );
  for (const [index, carrier] of changed.entries()) {
    try {
      await bring(carrier, after);
    } catch (refusal) {
      // This one too: it may have come half of the way.
      const undone = before ? changed.slice(0, index + 1).toReversed() : [];
      for (const each of undone) await bring(each, before as RunPlan).catch(() => undefined);
      throw refusal;
    }
  }
}
