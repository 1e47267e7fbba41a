import { constants } from 'node:os';
import type { Readable } from 'node:stream';
import { type Session, finishExec, openExec } from '#client/sessions.ts';
import type { ExecPost } from '#contract/contract.ts';
import { asFault } from '#model/fault.ts';
import { defineCommand, flag, list, one, optional, parsed, some, text } from '../command.ts';
import { instances } from '../completion/completers.ts';
import type { Context } from '../context.ts';
import { exitCodes } from '../exit-codes.ts';
import { withTerminal } from '../terminal.ts';
import { parseAssignments, wholeNumber } from '../values.ts';

const identity = {
  user: parsed({ value: 'uid', help: 'Number of the user (default: 0, root)', parse: wholeNumber(0) }),
  group: parsed({ value: 'gid', help: 'Number of the group (default: 0)', parse: wholeNumber(0) }),
  cwd: text({ value: 'folder', help: "Where it starts (default: the user's home, else /)" }),
  env: list({ value: 'name=value', help: 'Set an environment variable; may be repeated' }),
};

export const exec = defineCommand({
  summary: 'Run a command in an instance',
  description: `Standard input, output and error are passed through, and so is the exit status. A terminal is made inside
when there is one here. Options of exec stand before the command. Status 125 says that it was not run.`,
  arguments: {
    name: one('Name of a running instance', instances('exec')),
    command: some('The command and its arguments'),
  },
  ownArguments: 1,
  options: {
    terminal: flag('Make a terminal inside, even if there is none here', 't'),
    noTerminal: flag('Make no terminal inside', 'T'),
    ...identity,
  },
  examples: [
    { line: 'wadah exec web1 -- apt-get install -y nginx', note: 'Run a command' },
    { line: 'wadah exec web1 --env LANG=C --cwd /srv -- ls -l', note: 'Choose its environment and folder' },
    { line: 'tar c site | wadah exec web1 -- tar x -C /srv', note: 'Feed it from here' },
  ],
  async run(context, { name, command }, options) {
    const { stdin, stdout } = context.surroundings;
    const isTerminal = stdin.isTTY === true && stdout.isTTY === true;
    const interactive = options.terminal || (isTerminal && !options.noTerminal);
    return await runInside(context, name, {
      command,
      interactive,
      environment: { ...terminalType(context, interactive), ...parseAssignments(options.env) },
      ...(options.user !== undefined && { user: options.user }),
      ...(options.group !== undefined && { group: options.group }),
      ...(options.cwd !== undefined && { cwd: options.cwd }),
    });
  },
});

export const shell = defineCommand({
  summary: 'Open a login shell in an instance',
  arguments: {
    name: one('Name of a running instance', instances('exec')),
    user: optional('Name of the user (default: root)'),
  },
  options: {},
  examples: [
    { line: 'wadah shell web1', note: 'Be root inside' },
    { line: 'wadah shell web1 www-data', note: 'Be another user' },
  ],
  async run(context, { name, user = 'root' }) {
    const interactive = context.surroundings.stdin.isTTY === true;
    const command = ['su', '-', user];
    return await runInside(context, name, {
      command,
      interactive,
      environment: terminalType(context, interactive),
    });
  },
});

const terminalType = ({ surroundings }: Context, interactive: boolean) => ({
  ...(interactive && { TERM: surroundings.env.TERM || 'xterm-256color' }),
});

/** Resolves to the command's own exit status, or to 125 when it could not be run. */
async function runInside(context: Context, name: string, request: ExecPost): Promise<number> {
  try {
    return request.interactive
      ? await inTerminal(context, name, request)
      : await inStreams(context, name, request);
  } catch (error) {
    context.output.fail(asFault(error));
    return exitCodes.unavailable.status;
  }
}

async function inTerminal(context: Context, name: string, request: ExecPost): Promise<number> {
  return await withTerminal(context.surroundings, async (terminal) => {
    const { columns, rows } = terminal.size();
    const session = await openExec(context.client, name, { ...request, width: columns, height: rows });
    try {
      terminal.onResize((size) => session.resize(size));
      feed(session, terminal.input);
      return await finishExec(context.client, session, { 0: terminal.output });
    } finally {
      session.close();
    }
  });
}

const forwarded = ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT', 'SIGUSR1', 'SIGUSR2'] as const;

async function inStreams(
  { client, surroundings }: Context,
  name: string,
  request: ExecPost,
): Promise<number> {
  const session = await openExec(client, name, request);
  const forward = (signal: NodeJS.Signals) => session.signal(constants.signals[signal]);
  for (const signal of forwarded) surroundings.signals.on(signal, forward);
  try {
    feed(session, surroundings.stdin);
    return await finishExec(client, session, { 1: surroundings.stdout, 2: surroundings.stderr });
  } finally {
    for (const signal of forwarded) surroundings.signals.off(signal, forward);
    session.close();
  }
}

/** Sends what is typed or piped, for as long as the command wants it. */
function feed(session: Session, source: Readable): void {
  // That the command ended first, or that the source broke, is for the command's status to tell.
  session.streams['0']?.sendFrom(source).catch(() => {});
}
