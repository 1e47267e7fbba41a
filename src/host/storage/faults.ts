import { Fault } from '#model/fault.ts';

/** Both with their units. */
export const holdsMore = (limit: string, held: string): Fault =>
  new Fault('insufficient', `The root disk cannot be limited to ${limit}: it holds ${held}`, {
    hint: 'Delete something inside first, or choose a higher limit.',
  });
