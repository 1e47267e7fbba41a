import { once } from 'node:events';
import type { WebSocket } from 'ws';
import { settlesWithin } from '#base/wait.ts';
import type { Session } from '../services.ts';
import { obeyControl } from './control.ts';
import { receiveAll, sendAll } from './pump.ts';
import type { SessionSockets } from './session-sockets.ts';

/** How long a client may take to connect the streams without which its session cannot begin. */
const connectMs = 5_000;
/** How long what is left of a killed program may hold its streams before the session is torn down. */
const lingerMs = 2_000;
const sigkill = 9;

export interface SessionPlan {
  sockets: SessionSockets;
  /** One stream in both directions instead of three. */
  isTerminal: boolean;
  start: (signal: AbortSignal) => Promise<Session>;
  /** What it means that a client drops `control`: its program is killed, or it leaves the console. */
  whenLost: 'kill' | 'leave';
  /** Ends it from outside. */
  signal: AbortSignal;
}

/**
 * The life of an exec or console over websockets:
 *
 *     waiting ──connected──> running ──exited, all sent──> closed
 *        └── 5 s ──> closed     └── client lost ──> killed or left ──> closed
 *
 * Resolves to the exit status. Throws `timed-out` when nobody connects, and whatever `start` throws.
 */
export async function runSession(plan: SessionPlan): Promise<number> {
  const { sockets, signal } = plan;
  const teardown = new AbortController();
  const hangUp = (): void => {
    teardown.abort(signal.reason);
    sockets.terminate();
  };
  signal.addEventListener('abort', hangUp, { once: true });
  try {
    // A program runs without `control` as well, but a terminal would not learn its size.
    await sockets.connected(plan.isTerminal ? ['0', 'control'] : ['0', '1', '2'], connectMs, signal);
    const session = await plan.start(teardown.signal);
    return await carry(plan, session, hangUp);
  } finally {
    signal.removeEventListener('abort', hangUp);
    sockets.close();
  }
}

async function carry(plan: SessionPlan, session: Session, hangUp: () => void): Promise<number> {
  let isOver = false;
  let isLost = false;
  const endWhenLost = async (): Promise<void> => {
    await clientLost(plan);
    if (isOver) return;
    isLost = true;
    if (plan.whenLost === 'leave') hangUp();
    else await killSession(session, hangUp);
  };
  void endWhenLost();
  try {
    const sent = connectStreams(plan.sockets, session);
    const status = await session.exited;
    await sent;
    return status;
  } catch (error) {
    if (isLost) return 128 + sigkill;
    throw error;
  } finally {
    isOver = true;
  }
}

/** Resolves when everything that the program wrote has been sent. */
async function connectStreams(sockets: SessionSockets, session: Session): Promise<void> {
  void sockets.get('control')?.then((socket) => obeyControl(socket, session));
  const [input, errors] = [await sockets.get('0'), await sockets.get('2')];
  const output = (await sockets.get('1')) ?? input;
  if (input) receiveAll(input, session.stdin);
  await Promise.all([
    output && sendAll(session.stdout, output),
    session.stderr && errors && sendAll(session.stderr, errors),
  ]);
}

/** Resolves when the client's control socket, or the one socket of a terminal, is gone. */
async function clientLost({ sockets, isTerminal }: SessionPlan): Promise<void> {
  const names = isTerminal ? (['control', '0'] as const) : (['control'] as const);
  await Promise.race(names.flatMap((name) => sockets.get(name)?.then(closed) ?? []));
}

async function closed(socket: WebSocket): Promise<void> {
  if (socket.readyState !== socket.CLOSED) await once(socket, 'close');
}

/** Processes that the program left behind may hold its streams open: then they are torn down. */
async function killSession(session: Session, hangUp: () => void): Promise<void> {
  try {
    session.signal(sigkill);
    if (await settlesWithin(session.exited, lingerMs)) return;
  } catch {
    // There is nothing left that could be signalled, or it ended in its own way.
  }
  hangUp();
}
