import { pipeline, Transform } from 'node:stream';
import type { ExecRequest, ExecSession, TerminalSize } from '../engine.ts';
import { isFault } from '#model/fault.ts';
import type { ConsoleLog } from '../console-log.ts';

/** A terminal made on demand. What it shows goes to the console log as well. */
export async function openConsole(
  exec: (request: ExecRequest) => Promise<ExecSession>,
  size: TerminalSize,
  log: ConsoleLog,
): Promise<ExecSession> {
  const session = await loginOrShell(exec, size);
  const recorder = new Transform({
    transform(chunk: Buffer, _, done) {
      // A log that is full, or gone with its instance, must not end the session.
      const pass = (): void => done(null, chunk);
      log.append(chunk).then(pass, pass);
    },
  });
  // Whoever ends first, ends the other one.
  const recorded = new Promise<void>((resolve) => pipeline(session.stdout, recorder, () => resolve()));
  return { ...session, stdout: recorder, exited: recorded.then(() => session.exited) };
}

/** A system without `login` gives a shell: whoever may open a console may exec as well. */
async function loginOrShell(
  exec: (request: ExecRequest) => Promise<ExecSession>,
  terminal: TerminalSize,
): Promise<ExecSession> {
  const start = (...command: string[]): Promise<ExecSession> =>
    exec({ command, environment: {}, user: 0, group: 0, cwd: '/', terminal });
  try {
    return await start('login');
  } catch (error) {
    if (!isFault(error, 'not-found')) throw error;
    return start('sh', '-l');
  }
}
