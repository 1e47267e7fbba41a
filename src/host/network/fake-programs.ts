import { Fault } from '#model/fault.ts';
import type { Programs, RunOptions, RunResult, SpawnedProgram } from '../process/programs.ts';

/** Programs that only note what they were asked to do; for tests. */
export class FakePrograms implements Programs {
  /** What ran: its words, and its standard input. */
  readonly runs: { argv: readonly string[]; input: string }[] = [];
  /** What a program says, by its words joined with blanks; nothing by default. */
  readonly answers = new Map<string, string>();
  /** Runs that fail from now on. */
  failures = 0;

  async run(argv: readonly string[], options: RunOptions = {}): Promise<RunResult> {
    this.runs.push({ argv, input: options.input ?? '' });
    if (this.failures > 0) {
      this.failures -= 1;
      throw new Fault('host', `${argv[0]} failed`);
    }
    return { exitCode: 0, stdout: this.answers.get(argv.join(' ')) ?? '', stderr: '' };
  }

  spawn(): Promise<SpawnedProgram> {
    throw new Error('nothing of ours is spawned');
  }
}
