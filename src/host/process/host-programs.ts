import { setImmediate as nextTurn } from 'node:timers/promises';
import { settlesWithin } from '#base/wait.ts';
import { endOf } from './end-of.ts';
import { failed, timedOut } from './faults.ts';
import { currentLeaf } from './leaf.ts';
import { Output } from './output.ts';
import type { Programs, RunOptions, RunResult, SpawnedProgram, SpawnOptions } from './programs.ts';
import { startProgram } from './start-program.ts';

const keptBytes = 8 * 2 ** 20;
const defaultTimeoutMs = 60_000;
const drainMs = 200;

/** Runs the programs of this host. */
export class HostPrograms implements Programs {
  async run(argv: readonly string[], options: RunOptions = {}): Promise<RunResult> {
    const { signal, timeoutMs = defaultTimeoutMs, purpose } = options;
    signal?.throwIfAborted();
    const { program, stdout, stderr } = startCaptured(argv, options);
    const { exit, isLate } = await endOf(program, timeoutMs, signal);
    await drain(program, [stdout, stderr]);
    signal?.throwIfAborted();
    if (isLate) throw timedOut(argv, timeoutMs, purpose);
    const result = { exitCode: exit.code ?? -1, stdout: stdout.text(), stderr: stderr.text() };
    if (exit.code === 0 || options.okExits?.includes(result.exitCode)) return result;
    throw failed(argv, exit, result, purpose);
  }

  async spawn(argv: readonly string[], options: SpawnOptions = {}): Promise<SpawnedProgram> {
    return startProgram(argv, options);
  }
}

function startCaptured(argv: readonly string[], { input, cwd, env, leaf, onLine }: RunOptions) {
  const stdin = input === undefined ? 'ignore' : 'pipe';
  const program = startProgram(argv, {
    cwd,
    env,
    leaf: leaf ?? currentLeaf(),
    stdio: [stdin, 'pipe', 'pipe'],
  });
  program.child.stdin?.on('error', () => {}); // a program need not read all of its input
  if (input !== undefined) program.child.stdin?.end(input);
  const [, out, err] = program.child.stdio;
  if (!out || !err) throw new Error('A captured program has two pipes');
  return { program, stdout: new Output(out, keptBytes, onLine), stderr: new Output(err, keptBytes, onLine) };
}

/** A program that left something running in the background gave it our pipes: take what is there and hang up. */
async function drain({ child }: SpawnedProgram, outputs: Output[]): Promise<void> {
  if (await settlesWithin(Promise.all(outputs.map(({ closed }) => closed)), drainMs)) return;
  await nextTurn(); // timers come before reads: a loop that was busy has not looked at the pipes yet
  for (const stream of child.stdio) stream?.destroy();
}
