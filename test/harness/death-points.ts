import type { OperationDefinition } from '#operation/operation.ts';

/** Names the file that lists where the daemon dies, the next one first. */
export const deathsVariable = 'WADAH_TEST_DEATHS';

/** A boundary of a step: just before it acts, when the journal has it, or just after. */
export interface DeathPoint {
  kind: string;
  step: string;
  act: 'do' | 'undo';
  moment: 'before' | 'after';
}

type Definition = OperationDefinition<never, object, never>;

export const deathPoint = ({ kind, step, act, moment }: DeathPoint): string =>
  [kind, step, act, moment].join(' ');

const around = (kind: string, step: string, act: 'do' | 'undo'): string[] =>
  (['before', 'after'] as const).map((moment) => deathPoint({ kind, step, act, moment }));

/** All boundaries of the steps of an operation that goes well. */
export function pointsOf({ kind, steps }: Definition): string[] {
  return steps.flatMap(({ name }) => around(kind, name, 'do'));
}

/** For one operation in which every daemon that takes it up again dies, too: at every boundary of the way to its end. */
export function chainOf(definition: Definition): string[] {
  const points = pointsOf(definition);
  if (definition.afterCrash === 'finish') return points;
  const undos = definition.steps.filter(({ undo }) => undo !== undefined).toReversed();
  return [points.at(-1) as string, ...undos.flatMap(({ name }) => around(definition.kind, name, 'undo'))];
}
