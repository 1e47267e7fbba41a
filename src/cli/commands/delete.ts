import { Fault, isFault } from '#model/fault.ts';
import { any, defineCommand, flag } from '../command.ts';
import { instances } from '../completion/completers.ts';
import type { Context } from '../context.ts';
import { forEach, runOperation } from '../operations.ts';
import { chooseNames } from '../selection.ts';

export const remove = defineCommand({
  summary: 'Delete instances and their disks',
  arguments: { names: any('Names of instances', instances()) },
  options: {
    all: flag('Every stopped instance; with --force every instance'),
    force: flag('Kill those that run, then delete them', 'f'),
  },
  examples: [
    { line: 'wadah delete web1', note: 'Delete a stopped instance' },
    { line: 'wadah delete web1 db1 --force', note: 'Delete two although they run' },
  ],
  async run(context, args, { all, force }) {
    const chosen = await chooseNames(context, {
      action: 'delete',
      names: args.names,
      all,
      ...(force && { isMeant: () => true }),
    });
    return await forEach(context, chosen, async (name) => {
      const wasKilled = force && (await kill(context, name));
      await destroy(context, name, wasKilled);
      context.output.say(`Deleted ${name}`);
    });
  },
});

/** Resolves to whether it ran. */
async function kill(context: Context, name: string): Promise<boolean> {
  const body = { action: 'stop', force: true } as const;
  try {
    await runOperation(context, () =>
      context.client.begin('PUT', '/1.0/instances/{name}/state', { params: { name }, body }),
    );
    return true;
  } catch (error) {
    if (isFault(error, 'wrong-state')) return false;
    throw error;
  }
}

async function destroy(context: Context, name: string, wasKilled: boolean): Promise<void> {
  try {
    await runOperation(context, () =>
      context.client.begin('DELETE', '/1.0/instances/{name}', { params: { name } }),
    );
  } catch (error) {
    // An ephemeral instance goes when it stops.
    if (wasKilled && isFault(error, 'not-found')) return;
    if (!isFault(error, 'wrong-state')) throw error;
    throw new Fault('wrong-state', error.message, {
      hint: `Stop it first, or kill and delete it: wadah delete --force ${name}`,
    });
  }
}
