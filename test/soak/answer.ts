import { isFault } from '#model/fault.ts';

/** What a caller is told. */
export interface Answer {
  /** `ok`, a fault's code or something more particular, or `lost` where the daemon died meanwhile. */
  says: string;
  /** What was read. */
  seen?: unknown;
  /** The words of a refusal. */
  told?: string;
}

/** Why something did not work, where the fault's code does not say it exactly enough. */
export class Particular extends Error {
  readonly says: string;

  constructor(says: string) {
    super(says);
    this.says = says;
  }
}

/** What the work comes to. Throws what is no answer at all. */
export async function answerOf(work: Promise<unknown>): Promise<Answer> {
  try {
    const seen = await work;
    return { says: 'ok', ...(seen !== undefined && { seen }) };
  } catch (error) {
    if (error instanceof Particular) return { says: error.says };
    if (!isFault(error)) throw error;
    return { says: error.code, told: error.message };
  }
}
