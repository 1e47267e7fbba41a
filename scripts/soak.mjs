#!/usr/bin/env node
// `npm run soak`: random commands of many clients on a daemon that is killed again and again; root.
//   --minutes N   how long (default: 30)
//   --seed N      repeats the choices of a run, which tells its seed; not its timing
import { parseArgs } from 'node:util';
import { runLoudly } from './lib/steps.mjs';

const { values } = parseArgs({
  options: { minutes: { type: 'string', default: '30' }, seed: { type: 'string' } },
});
delete process.env['NODE_EXTRA_CA_CERTS'];
const build = await runLoudly([process.execPath, 'scripts/build.mjs']);
const argv = ['node_modules/.bin/vitest', 'run', '--project', 'integration', 'test/integration/soak'];
process.exitCode =
  build ||
  (await runLoudly(argv, {
    WADAH_SOAK_MINUTES: values.minutes,
    ...(values.seed !== undefined && { WADAH_SOAK_SEED: values.seed }),
  }));
