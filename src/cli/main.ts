import { join } from 'node:path';
import { root } from './commands/root.ts';
import { exitCodes } from './exit-codes.ts';
import { setRawMode } from './raw-mode.ts';
import { run } from './run.ts';

// A reader that had enough, as in `wadah list | head -1`, is no error.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(exitCodes.brokenPipe.status);
  throw error;
});

void run(
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
    // This file is bundled as CommonJS, beside the engine.
    kvmEngine: join(__dirname, 'kvm-engine.mjs'),
    exit: (status) => process.exit(status),
  },
  root,
).then((status) => process.exit(status));
