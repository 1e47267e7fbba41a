import { type InstanceStatePut, routes } from '#contract/contract.ts';
import { Fault, asFault } from '#model/fault.ts';
import { type InstanceAction, beginsFrom } from '#model/instance.ts';
import type { InstanceState } from '#model/instance.ts';
import type { StateChange } from '#service/instances/instances.ts';
import type { Context } from '../context.ts';
import { serve } from '../http/serve.ts';
import { stateDocument } from '../views/instance.ts';

const actions = {
  start: 'start',
  stop: 'stop',
  restart: 'restart',
  freeze: 'pause',
  unfreeze: 'resume',
} as const satisfies Record<InstanceStatePut['action'], InstanceAction>;

/** Serves the state of one instance, and changes of state of one or all. */
export function serveStates(context: Context): void {
  const { app, services } = context;
  serve(app, routes.getState, async ({ params, project }) =>
    stateDocument(await services.instances.state(project, params.name)),
  );
  serve(app, routes.changeState, ({ params, body, project }) =>
    services.instances.changeState(project, params.name, changeOf(body)),
  );
  serve(app, routes.changeStates, async ({ body, project }) => {
    const names = await namesThatCan(context, project, body.state.action);
    const options = {
      kind: 'instances.change',
      description: `Changing the state of ${names.length} instances: ${body.state.action}`,
      resources: {},
      project,
    };
    return services.operations.session(options, () =>
      changeAll(context, project, names, changeOf(body.state)),
    );
  });
}

const changeOf = ({ action, timeout, force }: InstanceStatePut): StateChange => ({
  action,
  timeoutSeconds: timeout,
  force: force ?? false,
});

async function namesThatCan(
  { services: { instances } }: Context,
  project: string,
  action: InstanceStatePut['action'],
): Promise<string[]> {
  const from: readonly InstanceState[] = beginsFrom[actions[action]];
  const views = await instances.list(project);
  return views.filter(({ state }) => from.includes(state)).map(({ instance }) => instance.name);
}

/** All go their way; whoever fails is named at the end. */
async function changeAll(
  { services: { instances } }: Context,
  project: string,
  names: string[],
  change: StateChange,
): Promise<Record<string, never>> {
  const complaints = await Promise.all(
    names.map(async (name) => {
      try {
        const handle = await instances.changeState(project, name, change);
        const { fault } = await handle.finished;
        return fault ? [`${name}: ${fault.message}`] : [];
      } catch (error) {
        return [`${name}: ${asFault(error).message}`];
      }
    }),
  );
  const failed = complaints.flat();
  if (failed.length === 0) return {};
  throw new Fault('host', `${failed.length} of ${names.length} instances failed: ${failed.join('; ')}`);
}
