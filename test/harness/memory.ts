import { renameSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/** Asks a daemon of `makeMortalHost` what it holds. */
export const memorySignal = 'SIGUSR2';

/** Where it answers, in its state folder. */
export const memoryFile = 'memory.json';

/** Lets this process answer to `memorySignal` with what is left after its garbage was collected. */
export function tellMemoryWhenAsked(): void {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  process.on(memorySignal, () => {
    collect();
    const file = path.join(process.env['WADAH_DIR'] ?? '', memoryFile);
    writeFileSync(`${file}.new`, JSON.stringify(process.memoryUsage()));
    renameSync(`${file}.new`, file);
  });
}
