import { makeMortalHost } from '../../harness/mortal-host.ts';
import { instanceScenarios } from './instance-scenarios.ts';
import { Stage } from './stage.ts';
import { walkThrough } from './suite.ts';

walkThrough(
  async () => new Stage(await makeMortalHost('busybox'), { type: 'container', image: 'busybox' }),
  instanceScenarios,
);
