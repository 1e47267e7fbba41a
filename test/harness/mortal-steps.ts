import { readFileSync, writeFileSync } from 'node:fs';
import { definitions } from '#daemon/resolve-definition.ts';
import type { Step } from '#operation/operation.ts';
import { deathPoint, deathsVariable } from './death-points.ts';

type AnyStep = Step<never, object, never>;

/** Makes this process one that may die at every step of every operation, where the file of deaths says. */
export function makeStepsMortal(): void {
  for (const { kind, steps } of definitions) {
    for (const step of steps as (AnyStep & { do: AnyStep['do'] })[]) {
      const { do: act, undo } = step;
      step.do = mortal(kind, step.name, 'do', act);
      if (undo) step.undo = mortal(kind, step.name, 'undo', undo);
    }
  }
}

function mortal(kind: string, step: string, act: 'do' | 'undo', work: AnyStep['do']): AnyStep['do'] {
  return async (context) => {
    dieIfDueAt(deathPoint({ kind, step, act, moment: 'before' }));
    await work(context);
    dieIfDueAt(deathPoint({ kind, step, act, moment: 'after' }));
  };
}

/** Each death comes once: the next daemon finds those that are left. */
function dieIfDueAt(point: string): void {
  const file = process.env[deathsVariable] ?? '';
  const [next, ...later] = JSON.parse(readFileSync(file, 'utf8')) as string[];
  if (next !== point) return;
  writeFileSync(file, JSON.stringify(later));
  process.kill(process.pid, 'SIGKILL');
}
