import { writeSync } from 'node:fs';
import pino from 'pino';
import { asFault } from '#model/fault.ts';
import { version } from '#base/version.ts';
import { cleanUp } from './cleanup.ts';
import { openDaemon } from './daemon.ts';
import type { Places } from './places.ts';
import { placesFrom } from './places.ts';
import { ServiceManager } from './service-manager.ts';
import { shutDown, shutdownSignal } from './shutdown.ts';
import { restoreStore, tellSnapshots } from './store-commands.ts';

const usage = `Usage: wadahd [--shutdown | --cleanup | --list-snapshots | --restore-store [SNAPSHOT] | --version | --help]

Runs the Wadah daemon in the foreground. It logs to standard output.

  --shutdown        stop all instances because the host goes down, and end the daemon, if one runs. They start again
                    with the next daemon, as boot.autostart says.
  --cleanup         take away what a stopped daemon left on the host (links, mounts, nft tables, cgroups, programs);
                    refused while an instance runs. Instances and images stay on the disk.
  --list-snapshots  show the snapshots that the daemon has taken of its stores
  --restore-store   put damaged stores back from the newest snapshot, or both stores from SNAPSHOT. The daemon must
                    have ended; instances may run. What was there is kept.

Signals: SIGTERM and SIGINT end the daemon, and instances go on running; SIGPWR does what --shutdown does.

Environment: WADAH_DIR (default /var/lib/wadah) holds all state; WADAH_SOCKET (default $WADAH_DIR/unix.socket).
`;

const places = (): Places => placesFrom(process.env);
const logger = (): pino.Logger => pino({ level: process.env['WADAH_LOG'] ?? 'info' }, { write: log });

/** What cannot be written, to a full disk or a reader that is gone, is lost: a log is no reason to end. */
function log(line: string): void {
  try {
    writeSync(1, line);
  } catch {
    // nobody could be told
  }
}

/** What `wadahd OPTION` does, and whether a value may follow. */
const commands: Record<string, { takesValue?: true; run(value: string | undefined): Promise<unknown> }> = {
  '--help': { run: async () => print(usage) },
  '--version': { run: async () => print(`wadahd ${version}\n`) },
  '--shutdown': { run: () => shutDown(places(), logger()) },
  '--cleanup': { run: () => cleanUp(places(), logger()) },
  '--list-snapshots': { run: async () => print(await tellSnapshots(places())) },
  '--restore-store': {
    takesValue: true,
    run: async (snapshot) => print(await restoreStore(places(), snapshot)),
  },
};

async function main(args: readonly string[]): Promise<number> {
  const [option, value] = args;
  if (option === undefined) return runDaemon();
  const command = Object.hasOwn(commands, option) ? commands[option] : undefined;
  if (!command || args.length > (command.takesValue ? 2 : 1)) {
    process.stderr.write(`Error: unknown arguments: ${args.join(' ')}\n\n${usage}`);
    return 2;
  }
  await command.run(value);
  return 0;
}

async function runDaemon(): Promise<number> {
  const host = new AbortController(); // the signal may come before we are ready
  const goesDown = new Promise<void>((resolve) => {
    process.once(shutdownSignal, () => resolve(host.abort()));
  });
  const log = logger();
  process.stderr.on('error', () => {}); // as of our own log: libraries complain there, and of a full disk, too
  const serviceManager = new ServiceManager(process.env, log);
  const daemon = await openDaemon(places(), log, host.signal);
  serviceManager.tellReady();
  await Promise.race([goesDown, untilAskedToEnd()]);
  await (host.signal.aborted ? daemon.shutDown() : daemon.close());
  return 0;
}

function print(text: string): void {
  process.stdout.write(text);
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
