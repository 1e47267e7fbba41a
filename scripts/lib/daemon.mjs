import { spawn } from 'node:child_process';
import { mkdirSync, openSync, readFileSync, renameSync, statSync } from 'node:fs';
import { request } from 'node:http';
import { join } from 'node:path';
import { json } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';

export const stateFolder = process.env['WADAH_DIR'] || '/var/lib/wadah';
const socketPath = process.env['WADAH_SOCKET'] || join(stateFolder, 'unix.socket');
const logFile = join(stateFolder, 'log/daemon.log');

/**
 * Asks the daemon.
 *
 * @param {string} path such as `/1.0/instances`
 * @returns {Promise<any>} the answer's `metadata`; `undefined` when no daemon answers or nothing is there
 */
export function ask(path) {
  return new Promise((resolve) => {
    const asking = request({ socketPath, path, timeout: 10_000 }, (response) => {
      const answer = json(response).catch(() => undefined);
      void answer.then((/** @type {any} */ envelope) =>
        resolve(response.statusCode === 200 ? envelope?.metadata : undefined),
      );
    });
    asking.on('timeout', () => asking.destroy());
    asking.on('error', () => resolve(undefined));
    asking.end();
  });
}

/** @returns {Promise<number | undefined>} the process id of the daemon on this state folder, when one answers */
export async function daemonPid() {
  return (await ask('/1.0'))?.environment.server_pid;
}

/** Starts a daemon that outlives us. Resolves when it answers; throws with the end of its log when it does not. */
export async function startDaemon() {
  mkdirSync(join(stateFolder, 'log'), { recursive: true, mode: 0o711 });
  keepLogSmall();
  const log = openSync(logFile, 'a');
  const child = spawn('bin/wadahd', [], { detached: true, stdio: ['ignore', log, log] });
  child.unref();
  let hasEnded = false;
  child.on('error', () => (hasEnded = true));
  child.on('exit', () => (hasEnded = true));
  const deadline = Date.now() + 30_000;
  while ((await daemonPid()) === undefined) {
    if (hasEnded || Date.now() > deadline)
      throw new Error(`The daemon did not start. ${logFile} ends with:\n${logTail()}`);
    await sleep(50);
  }
}

function keepLogSmall() {
  const size = statSync(logFile, { throwIfNoEntry: false })?.size ?? 0;
  if (size > 10 * 2 ** 20) renameSync(logFile, `${logFile}.1`);
}

const logTail = () => readFileSync(logFile, 'utf8').trimEnd().split('\n').slice(-10).join('\n');

/** Ends the daemon; instances go on. Resolves when the process is gone. @param {number} pid */
export async function stopDaemon(pid) {
  process.kill(pid, 'SIGTERM');
  while (isAlive(pid)) await sleep(50);
}

/** @param {number} pid */
function isAlive(pid) {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

/** Names and states of all instances, by name. @returns {Promise<Map<string, string>>} */
export async function instanceStates() {
  /** @type {{ name: string, status: string }[]} */
  const instances = (await ask('/1.0/instances?recursion=1')) ?? [];
  return new Map(instances.map(({ name, status }) => [name, status]));
}
