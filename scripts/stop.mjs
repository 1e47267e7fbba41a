#!/usr/bin/env node
// `npm stop`: ends the daemon. Instances go on, and the next daemon takes them over.
import { daemonPid, instanceStates, stateFolder, stopDaemon } from './lib/daemon.mjs';
import { requireRoot } from './lib/steps.mjs';

requireRoot('npm stop');

const pid = await daemonPid();
if (pid === undefined) {
  console.log(`No daemon runs on ${stateFolder}`);
} else {
  const running = [...(await instanceStates())]
    .filter(([, state]) => state === 'Running')
    .map(([name]) => name);
  await stopDaemon(pid);
  console.log('The daemon has ended');
  if (running.length > 0) console.log(`These instances go on running: ${running.join(', ')}`);
  console.log('npm start starts it again; npm run remove removes what npm start made');
}
