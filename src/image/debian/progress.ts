import type { OperationProgress } from '#model/operation.ts';

interface Phase {
  /** What mmdebstrap says when it begins. */
  begins: RegExp;
  stage: string;
  /** Where it ends, in percent of the whole; measured. */
  endPercent: number;
  /** Lines that apt and dpkg print for each package in this phase. */
  events: readonly RegExp[];
}

const fetched = /^Get:\d+ /;
const unpacked = /^Unpacking /;
const setUp = /^Setting up /;

const phases: readonly Phase[] = [
  { begins: /^I: running apt-get update/, stage: 'Reading package lists', endPercent: 8, events: [] },
  { begins: /^I: downloading packages/, stage: 'Downloading packages', endPercent: 13, events: [fetched] },
  { begins: /^I: extracting archives/, stage: 'Unpacking the base system', endPercent: 25, events: [] },
  {
    begins: /^I: installing essential packages/,
    stage: 'Installing the base system',
    endPercent: 50,
    events: [unpacked, setUp],
  },
  {
    begins: /^I: installing remaining packages/,
    stage: 'Installing packages',
    endPercent: 95,
    events: [fetched, unpacked, setUp],
  },
  { begins: /^I: running --customize-hook/, stage: 'Downloading a kernel', endPercent: 99, events: [] },
  { begins: /^I: cleaning package lists/, stage: 'Tidying up', endPercent: 100, events: [] },
];

/**
 * Reads how far mmdebstrap is from what it says: its phases, and within them the packages that apt and dpkg
 * speak of, against the number that apt announced. Never goes back.
 */
export class BootstrapProgress {
  #phase = -1;
  #packages = 0;
  #seen = 0;
  #percent = 0;
  #told = '';

  /** What to tell after this line, if that is news. */
  read(line: string): OperationProgress | undefined {
    const begun = phases.findIndex(({ begins }) => begins.test(line));
    if (begun > this.#phase) {
      this.#phase = begun;
      this.#seen = 0;
    }
    const announced = /^\d+ upgraded, (\d+) newly installed/.exec(line);
    if (announced) this.#packages = Number(announced[1]);
    const phase = phases[this.#phase];
    if (!phase) return undefined;
    if (announced)
      this.#seen = 0; // what was fetched before were lists
    else if (phase.events.some((event) => event.test(line))) this.#seen += 1;
    return this.#news(phase);
  }

  #news(phase: Phase): OperationProgress | undefined {
    const from = phases[this.#phase - 1]?.endPercent ?? 0;
    const expected = this.#packages * phase.events.length;
    const part = expected > 0 ? Math.min(this.#seen / expected, 1) : 0;
    this.#percent = Math.max(this.#percent, Math.floor(from + part * (phase.endPercent - from)));
    const told = `${phase.stage} ${this.#percent}`;
    if (told === this.#told) return undefined;
    this.#told = told;
    return { stage: phase.stage, percent: this.#percent };
  }
}
