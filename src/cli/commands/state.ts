import type { InstanceStatePut } from '#contract/contract.ts';
import type { InstanceAction } from '#model/instance.ts';
import { any, defineCommand, flag, parsed } from '../command.ts';
import { instances } from '../completion/completers.ts';
import type { Context } from '../context.ts';
import { forEach, runOperation } from '../operations.ts';
import { whenReady } from '../readiness.ts';
import { chooseNames } from '../selection.ts';
import { wholeNumber } from '../values.ts';

const names = (action: InstanceAction) => ({ names: any('Names of instances', instances(action)) });
const every = { all: flag('Every instance on which it may begin') };
const stopping = {
  ...every,
  force: flag('Kill it at once instead of asking its init', 'f'),
  timeout: parsed({
    value: 'seconds',
    help: 'How long it may take before it is killed (default: its boot.host_shutdown_timeout)',
    parse: wholeNumber(0),
  }),
};

export const start = defineCommand({
  summary: 'Start instances',
  arguments: names('start'),
  options: {
    ...every,
    wait: flag('Wait until the system inside is ready', 'w'),
    timeout: parsed({ value: 'seconds', help: 'How long to --wait (default: 120)', parse: wholeNumber(1) }),
  },
  examples: [
    { line: 'wadah start web1', note: 'Start one' },
    {
      line: 'wadah start web1 db1 --wait',
      note: 'Start two at the same time, and wait until both have booted',
    },
  ],
  async run(context, args, { all, wait, timeout }) {
    const begin = async (name: string) => {
      await change(context, name, { action: 'start' });
      return name;
    };
    const chosen = await chooseNames(context, { action: 'start', names: args.names, all });
    return await forEach(context, chosen, async (name) => {
      await (wait ? whenReady(context, timeout, () => begin(name)) : begin(name));
      context.output.say(`Started ${name}`);
    });
  },
});

export const stop = defineCommand({
  summary: 'Stop instances',
  description: 'Asks the init of each to power off, and kills it when that takes too long.',
  arguments: names('stop'),
  options: stopping,
  examples: [
    { line: 'wadah stop web1', note: 'Shut one down' },
    { line: 'wadah stop web1 --timeout 5', note: 'Give it five seconds' },
    { line: 'wadah stop --all --force', note: 'Kill everything that runs' },
  ],
  run: (context, args, options) => changeAll(context, 'stop', args.names, options),
});

export const restart = defineCommand({
  summary: 'Restart instances',
  arguments: names('restart'),
  options: stopping,
  examples: [
    { line: 'wadah restart web1', note: 'Shut one down and start it again' },
    { line: 'wadah restart web1 --force', note: 'Kill it first' },
  ],
  run: (context, args, options) => changeAll(context, 'restart', args.names, options),
});

export const pause = defineCommand({
  summary: 'Pause instances',
  description: 'Everything in them stands still and keeps its memory until `wadah resume`.',
  arguments: names('pause'),
  options: every,
  examples: [{ line: 'wadah pause web1', note: 'Freeze one' }],
  run: (context, args, options) => changeAll(context, 'pause', args.names, options),
});

export const resume = defineCommand({
  summary: 'Resume paused instances',
  arguments: names('resume'),
  options: every,
  examples: [{ line: 'wadah resume web1', note: 'Let it go on' }],
  run: (context, args, options) => changeAll(context, 'resume', args.names, options),
});

/** What the API calls it, and what to say afterwards. */
const verbs = {
  stop: { action: 'stop', done: 'Stopped' },
  restart: { action: 'restart', done: 'Restarted' },
  pause: { action: 'freeze', done: 'Paused' },
  resume: { action: 'unfreeze', done: 'Resumed' },
} as const satisfies Partial<Record<InstanceAction, { action: InstanceStatePut['action']; done: string }>>;

interface ChangeOptions {
  all: boolean;
  force?: boolean;
  timeout?: number | undefined;
}

async function changeAll(
  context: Context,
  verb: keyof typeof verbs,
  named: readonly string[],
  { all, force = false, timeout = -1 }: ChangeOptions,
): Promise<number> {
  const { action, done } = verbs[verb];
  const chosen = await chooseNames(context, { action: verb, names: named, all });
  return await forEach(context, chosen, async (name) => {
    await change(context, name, { action, force, timeout });
    context.output.say(`${done} ${name}`);
  });
}

async function change(context: Context, name: string, body: InstanceStatePut): Promise<void> {
  await runOperation(context, () =>
    context.client.begin('PUT', '/1.0/instances/{name}/state', { params: { name }, body }),
  );
}
