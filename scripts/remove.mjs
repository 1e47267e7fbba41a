#!/usr/bin/env node
// `npm run remove`: removes what `npm start` made: its three instances, the daemon, and all that the daemon has on this host.
//   -- --all   also every other instance, and the state folder with all images and disks
import { rmSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { daemonPid, instanceStates, startDaemon, stateFolder, stopDaemon } from './lib/daemon.mjs';
import { main, requireRoot, runLoudly } from './lib/steps.mjs';

/** @param {string[]} argv */
async function run(...argv) {
  const status = await runLoudly(argv);
  if (status !== 0)
    throw new Error(`"${argv.join(' ')}" ended with status ${status}; the lines above say why`);
}

requireRoot('npm run remove');
const { values } = parseArgs({ options: { all: { type: 'boolean', default: false } } });
await main(async () => {
  if ((await daemonPid()) === undefined) await startDaemon();
  const names = [...(await instanceStates()).keys()];
  const doomed = values.all
    ? names
    : names.filter((name) => ['hello-busybox', 'hello-container', 'hello-vm'].includes(name));
  if (doomed.length > 0) await run('bin/wadah', 'delete', '--force', ...doomed);
  const pid = await daemonPid();
  if (pid !== undefined) await stopDaemon(pid);
  await run('bin/wadahd', '--cleanup');
  if (values.all) rmSync(stateFolder, { recursive: true });
  console.log(
    values.all
      ? `Nothing is left of Wadah on this host; ${stateFolder} is gone`
      : `Removed. ${stateFolder} keeps the images and all other instances; npm run remove -- --all takes it away too`,
  );
});
