#!/usr/bin/env node
// `npm run soak`: random commands of many clients on a daemon that is killed again and again; root.
//   --minutes N   how long (default: 30)
//   --seed N      repeats the choices of a run, which tells its seed; not its timing
// What the daemon logged is in build/soak-daemon.log afterwards.
// Ctrl-C ends it early: what has been answered by then is still checked, and everything is taken away.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { runLoudly } from './lib/steps.mjs';

const interrupted = 130; // as shells have it

const { values } = parseArgs({
  options: { minutes: { type: 'string', default: '30' }, seed: { type: 'string' } },
});
const minutes = Number(values.minutes);
if (!(minutes > 0)) {
  console.error(`--minutes: "${values.minutes}" is not a number of minutes above 0`);
  process.exit(2);
}

const folder = mkdtempSync(path.join(tmpdir(), 'wadah-soak-'));
const stopFile = path.join(folder, 'stop');
let isStopped = false;
for (const signal of /** @type {const} */ (['SIGINT', 'SIGTERM', 'SIGHUP'])) {
  process.on(signal, () => {
    if (!isStopped) console.error('\nEnding: a moment, everything is being taken away.');
    isStopped = true;
    writeFileSync(stopFile, '');
  });
}

delete process.env['NODE_EXTRA_CA_CERTS'];
const build = await runLoudly([process.execPath, 'scripts/build.mjs']);
const argv = ['node_modules/.bin/vitest', 'run', '--project', 'integration', 'test/integration/soak'];
mkdirSync('build', { recursive: true });
const env = {
  WADAH_SOAK_LOG: path.resolve('build/soak-daemon.log'),
  WADAH_SOAK_MINUTES: String(minutes),
  WADAH_SOAK_STOP: stopFile,
  ...(values.seed !== undefined && { WADAH_SOAK_SEED: values.seed }),
};
// A group of its own: Ctrl-C is for us, and the daemon that it tests must be there to the end.
const status = build || (await runLoudly(argv, env, { isApart: true }));
rmSync(folder, { recursive: true });
process.exitCode = isStopped && status === 0 ? interrupted : status;
