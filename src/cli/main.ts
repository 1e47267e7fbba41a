import { join } from 'node:path';
import { root } from './commands/root.ts';
import { exitCodes } from './exit-codes.ts';
import { setRawMode } from './raw-mode.ts';
import { run } from './run.ts';

process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  // A reader that had enough, as in `wadah list | head -1`, is no error.
  if (error.code === 'EPIPE') process.exit(exitCodes.brokenPipe.status);
  process.stderr.write(`Error: Cannot write to standard output: ${error.message}\n`);
  process.exit(exitCodes.failure.status);
});

/** Resolves when everything that was written is handed over: a pipe takes 64 KiB, the rest waits in this process. */
const flushed = (stream: NodeJS.WriteStream) => new Promise((resolve) => stream.write('', resolve));

async function main(): Promise<void> {
  const status = await run(
    {
      argv: process.argv.slice(2),
      env: process.env,
      // Only who asks for standard input opens it.
      get stdin() {
        return process.stdin;
      },
      stdout: process.stdout,
      stderr: process.stderr,
      setRawMode: (isRaw) => setRawMode(process.stdin, isRaw),
      signals: process,
      // This file is bundled as CommonJS, beside the programs that need no daemon.
      kvmEngine: join(__dirname, 'kvm-engine.mjs'),
      doctor: join(__dirname, 'doctor.mjs'),
      exit: (code) => process.exit(code),
    },
    root,
  );
  await Promise.all([flushed(process.stdout), flushed(process.stderr)]);
  process.exit(status);
}

void main();
