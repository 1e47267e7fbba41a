import { sleep } from '#base/wait.ts';
import type { Client } from '#client/client.ts';
import { isAlive, startTimeOf } from '#host/process/proc.ts';
import { settleInstance } from '#service/instances/definitions.ts';
import { eventually } from '../../harness/host.ts';
import { Particular } from '../answer.ts';
import type { Caller } from '../caller.ts';
import type { End } from './guest.ts';

/** What programs inside send to busybox's init; the last one nobody can ignore. */
const signals = { 'power-off': 'SIGUSR2', reboot: 'SIGTERM', crash: 'SIGKILL' } as const satisfies Record<
  End,
  NodeJS.Signals
>;

const againMs = 2_000;
const settledMs = 180_000;

/**
 * Lets an instance end by itself, and waits until a daemon has cleared that away. It answers `unseen` for
 * a crash when that daemon has not started it: only the parent of an init learns of that.
 */
export async function endByItself(caller: Caller, name: string, how: End): Promise<void> {
  const { client, daemon } = caller;
  const { pid, status, started_at } = await client.read('/1.0/instances/{name}/state', { params: { name } });
  const startTime = pid > 0 ? startTimeOf(pid) : undefined;
  if (status !== 'Running' || startTime === undefined) throw new Particular('wrong-state');
  for (let sentMs = -againMs; isAlive(pid, startTime); await sleep(20)) {
    // Again: an init that has only just begun does not listen yet.
    if (performance.now() < sentMs + againMs) continue;
    process.kill(pid, signals[how]);
    sentMs = performance.now();
  }
  await eventually(() => requireSettled(client, pid), settledMs);
  if (caller.daemon.deaths !== daemon.deaths) throw new Particular('lost');
  if (how === 'crash' && Date.parse(started_at) < daemon.startedAtMs) throw new Particular('unseen');
}

/** The run is over, no ephemeral instance is left over, and none is being cleared away or started again. */
async function requireSettled(client: Client, pid: number): Promise<void> {
  for (const instance of await client.read('/1.0/instances', { query: { recursion: 2 } })) {
    if (typeof instance === 'string' || !('state' in instance)) continue;
    const { pid: now, status } = instance.state;
    // Its engine knows first that it has ended: for a moment it runs without an init.
    const isLeft = now === pid || (now === 0 && status === 'Running');
    if (isLeft) throw new Error(`"${instance.name}" has not been cleared away`);
    const hasRun = Date.parse(instance.last_used_at) > 0;
    if (instance.ephemeral && hasRun && ['Stopped', 'Error'].includes(instance.status)) {
      throw new Error(`"${instance.name}" has not been deleted`);
    }
  }
  const { running = [] } = await client.read('/1.0/operations', { query: { recursion: 1 } });
  for (const operation of running) {
    if (typeof operation === 'string' || operation.wadah.kind !== settleInstance.kind) continue;
    throw new Error(`"${operation.description}" is still going on`);
  }
}
