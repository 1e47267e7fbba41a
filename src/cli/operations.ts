import { finishOperation } from '#client/operations.ts';
import type { Operation } from '#contract/contract.ts';
import { formatBytes } from '#base/units.ts';
import { asFault } from '#model/fault.ts';
import type { Context } from './context.ts';
import { exitStatusOf } from './exit-codes.ts';

/** Begins an operation and waits for its end, showing its progress. Ctrl-C cancels it. */
export async function runOperation(
  { client, output, interrupts }: Context,
  begin: () => Promise<Operation>,
): Promise<Operation> {
  return await interrupts.during(async () => {
    const begun = await begin();
    const show = (operation: Operation) => output.progress.update(begun.id, progressText(operation));
    if (output.progress.isShown) show(begun);
    try {
      return await finishOperation(client, begun, {
        cancel: interrupts.signal,
        onProgress: output.progress.isShown ? show : undefined,
        onUncancellable: (reason) => output.warn(`${reason}. Ctrl-C again leaves it running.`),
      });
    } finally {
      output.progress.done(begun.id);
    }
  });
}

/** `Creating instance web1: Unpacking 42% (7MiB/s)`. */
export function progressText({ description, wadah }: Operation): string {
  const { stage, percent, bytes_per_second: speed } = wadah.progress ?? { stage: '' };
  const parts = [
    stage,
    percent === undefined ? '' : `${Math.floor(percent)}%`,
    speed === undefined ? '' : `(${formatBytes(Math.round(speed))}/s)`,
  ].filter((part) => part !== '');
  return parts.length > 0 ? `${description}: ${parts.join(' ')}` : description;
}

const atOnce = 32;

/**
 * Does something for each name, several at the same time. Every failure is told; resolves to the exit status of
 * the first one, in the order of the names.
 */
export async function forEach(
  { output }: Context,
  names: readonly string[],
  work: (name: string) => Promise<void>,
): Promise<number> {
  const { default: limit } = await import('p-limit');
  const run = limit(atOnce);
  const statuses = await Promise.all(
    [...new Set(names)].map((name) =>
      run(async () => {
        try {
          await work(name);
          return 0;
        } catch (error) {
          const fault = asFault(error);
          output.fail(fault);
          return exitStatusOf(fault.code);
        }
      }),
    ),
  );
  return statuses.find((status) => status !== 0) ?? 0;
}
