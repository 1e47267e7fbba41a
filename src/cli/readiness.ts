import { basename } from 'node:path';
import { type EventStream, openEvents } from '#client/events.ts';
import { Fault } from '#model/fault.ts';
import type { Context } from './context.ts';

const defaultTimeoutSeconds = 120;
const endings = ['instance-stopped', 'instance-shutdown', 'instance-deleted'];

/**
 * Starts an instance and waits until the system in it says that it is ready. Resolves to its name. Throws
 * `wrong-state` when it ends before, `timed-out` after `timeoutSeconds`, `cancelled` on Ctrl-C.
 */
export async function whenReady(
  { client, output, interrupts }: Context,
  timeoutSeconds: number = defaultTimeoutSeconds,
  start: () => Promise<string>,
): Promise<string> {
  // Listening begins before the start, or a quick guest would be ready before anybody listens.
  const events = await openEvents(client, ['lifecycle']);
  try {
    const name = await start();
    output.progress.update(name, `Waiting until ${name} is ready`);
    await interrupts.during(() => readyWithin(events, name, timeoutSeconds, interrupts.signal));
    output.progress.done(name);
    return name;
  } finally {
    events.close();
  }
}

async function readyWithin(
  events: EventStream,
  name: string,
  timeoutSeconds: number,
  interrupted: AbortSignal,
): Promise<void> {
  const late = AbortSignal.timeout(timeoutSeconds * 1000);
  // Not by AbortSignal.any, which may lose the time-out when garbage is collected.
  for (const stop of [late, interrupted])
    stop.addEventListener('abort', () => events.close(), { once: true });
  for await (const event of events) {
    if (event.type !== 'lifecycle' || !isAbout(event.metadata.source, name)) continue;
    if (event.metadata.action === 'instance-ready') return;
    if (endings.includes(event.metadata.action)) throw endedEarly(name);
    if (late.aborted || interrupted.aborted) break;
  }
  if (interrupted.aborted) throw new Fault('cancelled', `No longer waiting for ${name}; it goes on running`);
  if (!late.aborted) throw new Fault('unavailable', `The daemon went away while ${name} started`);
  throw new Fault('timed-out', `${name} is not ready after ${timeoutSeconds} s`, {
    hint: `It goes on starting; give it longer with --timeout, or see: wadah console ${name} --show-log`,
  });
}

const endedEarly = (name: string): Fault =>
  new Fault('wrong-state', `${name} ended before it was ready`, {
    hint: `See what it wrote: wadah console ${name} --show-log`,
  });

const isAbout = (source: string, name: string): boolean =>
  source.startsWith('/1.0/instances/') && decodeURIComponent(basename(source)) === name;
