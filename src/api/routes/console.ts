import { routes } from '#contract/contract.ts';
import { Fault } from '#model/fault.ts';
import { requireState } from '#model/instance.ts';
import type { Context } from '../context.ts';
import { serve } from '../http/serve.ts';
import { runSession } from '../websocket/run-session.ts';
import { SessionSockets } from '../websocket/session-sockets.ts';

/** Serves the console: a terminal with a login, and its log. */
export function serveConsole({ app, services: { instances }, sessions }: Context): void {
  serve(app, routes.openConsole, async ({ params: { name }, body, project }) => {
    if (body.type === 'vga') {
      throw new Fault('unsupported', `"${name}" has no graphical console`, { hint: 'Leave out the type.' });
    }
    const { state } = await instances.get(project, name);
    requireState({ name, state }, 'console');
    const size = { columns: body.width || 80, rows: body.height || 25 };
    const sockets = new SessionSockets(['0', 'control']);
    const options = {
      kind: 'instance.console',
      description: `Showing the console of ${name}`,
      resources: { instances: [name] },
      project,
    };
    return sessions.open(options, sockets, async (signal) => {
      const start = (ending: AbortSignal) => instances.console(project, name, size, ending);
      await runSession({ sockets, isTerminal: true, start, whenLost: 'leave', signal });
      return {};
    });
  });
  serve(app, routes.getConsoleLog, async ({ params, project }) => ({
    headers: {},
    content: await instances.consoleLog(project, params.name),
  }));
  serve(app, routes.clearConsoleLog, async ({ params, project }) => {
    await instances.clearConsoleLog(project, params.name);
    return {};
  });
}
