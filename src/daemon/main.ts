import pino from 'pino';
import { asFault } from '#model/fault.ts';
import { version } from '#base/version.ts';
import { cleanUp } from './cleanup.ts';
import { openDaemon } from './daemon.ts';
import { placesFrom } from './places.ts';

const usage = `Usage: wadahd [--cleanup | --version | --help]

Runs the Wadah daemon in the foreground. It logs to standard output.

  --cleanup   take away what a stopped daemon left on the host (links, mounts, nft tables, cgroups, programs);
              refused while an instance runs. Instances and images stay on the disk.

Environment: WADAH_DIR (default /var/lib/wadah) holds all state; WADAH_SOCKET (default $WADAH_DIR/unix.socket).
`;

async function main(args: readonly string[]): Promise<number> {
  const [option] = args;
  if (option === '--help') return print(usage);
  if (option === '--version') return print(`wadahd ${version}\n`);
  if (args.length > 1 || (option !== undefined && option !== '--cleanup')) {
    process.stderr.write(`Error: unknown arguments: ${args.join(' ')}\n\n${usage}`);
    return 2;
  }
  const places = placesFrom(process.env);
  const logger = pino({ level: process.env['WADAH_LOG'] ?? 'info' });
  if (option === '--cleanup') {
    await cleanUp(places, logger);
    return 0;
  }
  const daemon = await openDaemon(places, logger);
  await untilAskedToEnd();
  await daemon.close();
  return 0;
}

function print(text: string): number {
  process.stdout.write(text);
  return 0;
}

/** The first SIGTERM or SIGINT. Instances are not asked to end with the daemon. */
function untilAskedToEnd(): Promise<void> {
  return new Promise((resolve) => {
    process.once('SIGTERM', () => resolve());
    process.once('SIGINT', () => resolve());
  });
}

// Node ends a process that waits for nothing it knows of, and a program that the daemon has started is no such thing.
setInterval(() => {}, 2 ** 30);

main(process.argv.slice(2)).then(
  (status) => process.exit(status),
  (error: unknown) => {
    const fault = asFault(error);
    const detail = fault.code === 'internal' && error instanceof Error ? `\n${error.stack}` : '';
    process.stderr.write(`Error: ${fault.message}${detail}\n${fault.hint ? `Hint: ${fault.hint}\n` : ''}`);
    process.exit(1);
  },
);
