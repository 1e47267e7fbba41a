import { openConsole } from '#client/sessions.ts';
import { targetOf } from '#client/routes.ts';
import { defineCommand, flag, one } from '../command.ts';
import { instances } from '../completion/completers.ts';
import { untilDetached } from '../detach.ts';
import { withTerminal } from '../terminal.ts';

export const openTerminal = defineCommand({
  summary: 'Attach to the console of an instance',
  description:
    'Press ctrl-a, then q to detach; the instance does not notice. That of a virtual machine is a serial line, which has no size: set it inside by stty rows 40 columns 120.',
  arguments: { name: one('Name of a running instance', instances('console')) },
  options: { showLog: flag('Print what was written to the console so far, and return') },
  examples: [
    { line: 'wadah console web1', note: 'Log in as if at its keyboard' },
    { line: 'wadah console web1 --show-log', note: 'See how it booted, or why it did not' },
  ],
  async run({ client, output, surroundings }, { name }, { showLog }) {
    if (showLog) {
      const target = targetOf('/1.0/instances/{name}/console', { params: { name } });
      return output.printLog(await client.transport.text(await client.raw({ method: 'GET', target })));
    }
    await withTerminal(surroundings, async (terminal) => {
      const { columns, rows } = terminal.size();
      const session = await openConsole(client, name, { width: columns, height: rows, type: 'console' });
      try {
        terminal.onResize((size) => session.resize(size));
        const stream = session.streams['0'];
        await Promise.race([
          stream?.sendFrom(untilDetached(terminal.input)),
          stream?.receiveInto(terminal.output),
        ]);
      } finally {
        session.close();
      }
    });
  },
});
