#!/usr/bin/env node
// `npm start`: a daemon, a container within seconds, then a whole Debian, as a container and as a virtual machine from
// the same image. What is there already is left alone.
import { execFileSync } from 'node:child_process';
import { performance } from 'node:perf_hooks';
import { ask, daemonPid, instanceStates, startDaemon, stateFolder } from './lib/daemon.mjs';
import { heading, main, paint, runLoudly, seconds } from './lib/steps.mjs';

const first = { image: 'busybox', name: 'hello-busybox' };
const whole = { image: 'debian/12', name: 'hello-container' };
const machine = { image: 'debian/12', name: 'hello-vm', options: ['--vm'] };

/** Where no terminal can show a moving line, progress is told in lines. */
const progress = process.stdout.isTTY ? [] : ['--verbose'];

/** Other state folders than the usual one must be named to every command. */
const folder = process.env['WADAH_DIR'] ? `\n  export WADAH_DIR=${stateFolder}` : '';

/** Shows a command as one would type it, and runs it. @param {string[]} args */
async function wadah(...args) {
  const typed = args.map((word) => (/^[\w./:=-]+$/.test(word) ? word : `'${word}'`));
  console.log(paint('dim', `$ bin/wadah ${typed.join(' ')}`));
  const status = await runLoudly(['bin/wadah', ...args]);
  if (status !== 0)
    throw new Error(`"wadah ${args[0]}" ended with status ${status}; the lines above say why`);
}

/** Measures what KVM does on this host; `wadah kvm info` tells all of it. */
function kvm() {
  heading('What KVM does on this host');
  console.log(paint('dim', '$ bin/wadah kvm info'));
  const told = execFileSync(process.execPath, ['bin/wadah', 'kvm', 'info'], { encoding: 'utf8' });
  console.log(told.slice(0, told.search(/^Host:/m)).trimEnd());
}

async function daemon() {
  heading('The daemon');
  const begin = performance.now();
  const pid = await daemonPid();
  if (pid === undefined) await startDaemon();
  const said = pid === undefined ? `started in ${seconds(begin)}` : 'runs already';
  console.log(
    `wadahd ${said} (process ${pid ?? (await daemonPid())}); everything it keeps is in ${stateFolder}`,
  );
}

/**
 * Builds the image and launches the instance, as far as they are not there.
 *
 * @param {{ image: string, name: string, options?: string[] }} wanted
 */
async function instance({ image, name, options = [] }) {
  const alias = await ask(`/1.0/images/aliases/${encodeURIComponent(image)}`);
  if (alias === undefined) await wadah('image', 'build', image, ...progress);
  const state = (await instanceStates()).get(name);
  if (state === undefined) await wadah('launch', image, name, ...options, '--wait');
  else if (state === 'Running') console.log(`${name} runs already`);
  else await wadah('start', name);
}

await main(async () => {
  kvm();
  await daemon();
  heading('A small container');
  await instance(first);
  await wadah('exec', first.name, '--', 'sh', '-c', 'echo "Hello from $(hostname), kernel $(uname -r)"');
  heading('A whole Debian');
  await instance(whole);
  heading(
    'The same image as a virtual machine, with a kernel of its own (in software it takes half a minute)',
  );
  await instance(machine);
  await wadah('exec', machine.name, '--', 'sh', '-c', 'echo "Hello from $(hostname), kernel $(uname -r)"');
  await wadah('list');
  console.log(`
${paint('bold', 'How to go on')}${folder}
  bin/wadah shell ${whole.name}                be root in it
  bin/wadah exec ${whole.name} -- apt update   run something in it
  bin/wadah launch busybox mine                  another one
  bin/wadah --help                               everything else; README.md has a tour
  npm stop                                       ends the daemon, the instances go on
  npm run remove                                 removes these three and the daemon`);
});
