import type { Writable } from 'node:stream';
import { settlesWithin } from '#base/wait.ts';
import type {
  ConsolePost,
  ExecPost,
  ExecResult,
  Operation,
  SessionControl,
  SessionMetadata,
} from '#contract/contract.ts';
import type { Client } from './client.ts';
import { finishOperation } from './operations.ts';
import { StreamSocket, openWebSocket } from './websocket.ts';

export interface Size {
  columns: number;
  rows: number;
}

/** A program or a terminal inside an instance, with its streams connected. */
export interface Session {
  operation: Operation;
  /** `0`, `1` and `2`; with a terminal `0` alone, in both directions. */
  streams: Readonly<Record<string, StreamSocket>>;
  resize(size: Size): void;
  signal(number: number): void;
  /** Lets go of it: a program that still runs is killed, a console lives on. */
  close(): void;
}

/** Runs a program; `finishExec` tells how it ends. */
export async function openExec(client: Client, name: string, request: ExecPost): Promise<Session> {
  const body = { ...request, 'wait-for-websocket': true };
  return await connectAll(
    client,
    await client.begin('POST', '/1.0/instances/{name}/exec', { params: { name }, body }),
  );
}

/** How long after its streams an operation that failed tells why. */
const tellingMs = 2_000;

/** Writes what the streams say into their sinks, and resolves to the exit status. Throws what the operation ended with. */
export async function finishExec(
  client: Client,
  { operation, streams }: Session,
  sinks: Readonly<Record<string, Writable>>,
): Promise<number> {
  const finished = finishOperation(client, operation);
  const received = Object.entries(sinks).map(([name, sink]) => streams[name]?.receiveInto(sink));
  try {
    const [{ metadata }] = await Promise.all([finished, ...received]);
    return (metadata as ExecResult).return;
  } catch (error) {
    // A program that could not be run has streams that break off; the operation knows why, if it has not gone on.
    await settlesWithin(finished, tellingMs);
    throw error;
  }
}

/** Opens a terminal on which the guest asks for a login. */
export async function openConsole(client: Client, name: string, request: ConsolePost): Promise<Session> {
  return await connectAll(
    client,
    await client.begin('POST', '/1.0/instances/{name}/console', { params: { name }, body: request }),
  );
}

async function connectAll(client: Client, operation: Operation): Promise<Session> {
  const { fds } = operation.metadata as SessionMetadata;
  const sockets = await Promise.all(
    Object.entries(fds).map(async ([name, secret]): Promise<[string, StreamSocket]> => {
      const target = `/1.0/operations/${operation.id}/websocket?secret=${encodeURIComponent(secret)}`;
      return [name, new StreamSocket(await openWebSocket(client.transport, target))];
    }),
  );
  const { control, ...streams } = Object.fromEntries(sockets);
  const say = (message: SessionControl) => void control?.sendText(JSON.stringify(message));
  // Nothing is said on these, but their end must be seen, and pings answered.
  control?.resume();
  if (streams['1']) streams['0']?.resume();
  return {
    operation,
    streams,
    resize: ({ columns, rows }) =>
      say({ command: 'window-resize', args: { width: String(columns), height: String(rows) } }),
    signal: (number) => say({ command: 'signal', signal: number }),
    close() {
      control?.close();
      for (const stream of Object.values(streams)) stream.drop();
    },
  };
}
