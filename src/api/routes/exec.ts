import { randomUUID } from 'node:crypto';
import { PassThrough, Readable } from 'node:stream';
import { type ExecPost, routes } from '#contract/contract.ts';
import { readSettings } from '#model/config-keys.ts';
import { isFault } from '#model/fault.ts';
import { requireState } from '#model/instance.ts';
import type { OperationHandle, SessionOptions } from '#operation/operation.ts';
import type { InstanceView } from '#service/instances/instances.ts';
import type { Context } from '../context.ts';
import { serve } from '../http/serve.ts';
import type { Session, SessionRequest } from '../services.ts';
import { runSession } from '../websocket/run-session.ts';
import { SessionSockets } from '../websocket/session-sockets.ts';

/** One exec as it was asked for. */
interface Exec {
  view: InstanceView;
  request: SessionRequest;
  start: (signal: AbortSignal) => Promise<Session>;
}

export function serveExec(context: Context): void {
  const { instances } = context.services;
  serve(context.app, routes.exec, async ({ params, body, project }) => {
    const view = await instances.get(project, params.name);
    requireState({ name: params.name, state: view.state }, 'exec');
    const request = requestOf(body, view);
    const start = (signal: AbortSignal): Promise<Session> =>
      startOrExplain(instances.exec(project, params.name, request, signal), request.terminal !== undefined);
    const exec = { view, request, start };
    return body['wait-for-websocket']
      ? execConnected(context, exec)
      : execAlone(context, exec, body['record-output'] ?? false);
  });
}

function requestOf(body: ExecPost, { expandedConfig }: InstanceView): SessionRequest {
  return {
    command: body.command,
    environment: { ...readSettings(expandedConfig).environment, ...body.environment },
    user: body.user ?? 0,
    group: body.group ?? 0,
    cwd: body.cwd || undefined,
    terminal: body.interactive ? { columns: body.width || 80, rows: body.height || 25 } : undefined,
  };
}

function optionsOf({ view, request }: Exec): SessionOptions {
  return {
    kind: 'instance.exec',
    description: `Executing ${request.command[0]} in ${view.instance.name}`,
    resources: { instances: [view.instance.name] },
    project: view.instance.project,
    result: {
      command: request.command,
      environment: request.environment,
      interactive: request.terminal !== undefined,
    },
  };
}

function execConnected({ sessions }: Context, exec: Exec): OperationHandle {
  const isTerminal = exec.request.terminal !== undefined;
  const sockets = new SessionSockets(isTerminal ? ['0', 'control'] : ['0', '1', '2', 'control']);
  return sessions.open(optionsOf(exec), sockets, async (signal) => {
    const plan = { sockets, isTerminal, start: exec.start, whenLost: 'kill' as const, signal };
    return { return: await runSession(plan) };
  });
}

/** Without websockets: no input, and what it writes is kept or dropped. */
function execAlone({ services, recordings }: Context, exec: Exec, isRecorded: boolean): OperationHandle {
  const { id, name } = exec.view.instance;
  const base = `exec_${randomUUID()}`;
  return services.operations.session(optionsOf(exec), async (signal) => {
    const session = await exec.start(signal);
    session.stdin.end();
    const keep = async (source: Readable | undefined, file: string): Promise<void> => {
      if (source && isRecorded) await recordings.record(id, file, source);
      else source?.resume();
    };
    const kept = [keep(session.stdout, `${base}.stdout`), keep(session.stderr, `${base}.stderr`)];
    const [status] = await Promise.all([session.exited, ...kept]);
    const log = `/1.0/instances/${name}/logs/${base}`;
    const output = { 1: `${log}.stdout`, ...(session.stderr && { 2: `${log}.stderr` }) };
    return { return: status, ...(isRecorded && { output }) };
  });
}

/**
 * A program that cannot be started has ended, as it has in a shell: 127 not found, 126 cannot be run. What stands in
 * its way is written where the program would have written it.
 */
async function startOrExplain(starting: Promise<Session>, isTerminal: boolean): Promise<Session> {
  try {
    return await starting;
  } catch (error) {
    if (!isFault(error, 'not-found') && !isFault(error, 'invalid')) throw error;
    const complaint = Readable.from([Buffer.from(`${error.message}${isTerminal ? '\r' : ''}\n`)]);
    return {
      stdin: new PassThrough().resume(),
      stdout: isTerminal ? complaint : Readable.from([]),
      stderr: isTerminal ? undefined : complaint,
      resize: () => {},
      signal: () => {},
      exited: Promise.resolve(error.code === 'not-found' ? 127 : 126),
    };
  }
}
