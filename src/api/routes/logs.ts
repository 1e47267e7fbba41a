import { routes } from '#contract/contract.ts';
import { Fault } from '#model/fault.ts';
import type { Context } from '../context.ts';
import { serve } from '../http/serve.ts';

/** What clients ask for when they want to know why an instance does not start, whatever runs it. */
const mainLog = 'lxc.log';

/** Serves log files: the console's text under the name that clients know, and what execs recorded. */
export function serveLogs({ app, services: { instances }, recordings }: Context): void {
  serve(app, routes.listLogs, async ({ params: { name }, project, collection }) => {
    const { instance } = await instances.get(project, name);
    return [mainLog, ...recordings.list(instance.id)].map((file) => `${collection}/${name}/logs/${file}`);
  });
  serve(app, routes.getLog, async ({ params: { name, file }, project }) => {
    if (file === mainLog) return { headers: {}, content: await instances.consoleLog(project, name) };
    const { instance } = await instances.get(project, name);
    const content = recordings.find(instance.id, file);
    if (content === undefined) throw noSuchLog(name, file);
    return { headers: {}, content };
  });
  serve(app, routes.deleteLog, async ({ params: { name, file }, project }) => {
    if (file === mainLog) {
      throw new Fault('invalid', `${mainLog} cannot be deleted`, {
        hint: `Empty it: DELETE /1.0/instances/${name}/console.`,
      });
    }
    const { instance } = await instances.get(project, name);
    if (!recordings.delete(instance.id, file)) throw noSuchLog(name, file);
    return {};
  });
}

const noSuchLog = (name: string, file: string): Fault =>
  new Fault('not-found', `"${name}" has no log file "${file}"`);
