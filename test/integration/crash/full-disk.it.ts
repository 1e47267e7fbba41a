import { afterAll, beforeAll, describe, test } from 'vitest';
import { holdPages } from '../../harness/hold-pages.ts';
import { idleGuest } from '../../harness/idle-guest.ts';
import type { ImageChoice } from '../../harness/images.ts';
import { makeMortalHostIn, type MortalHost } from '../../harness/mortal-host.ts';
import { SmallDisk } from '../../harness/small-disk.ts';
import { FullDiskWalk } from './full-disk-walk.ts';
import { imageScenarios } from './image-scenarios.ts';
import { instanceScenarios } from './instance-scenarios.ts';
import { type HasHost, type Scenario, titleOf } from './scenario.ts';
import { Stage } from './stage.ts';
import { walkMs } from './walk.ts';

const diskBytes = 320 * 2 ** 20;

function walkOnSmallDisk<Stage extends HasHost>(
  images: readonly ImageChoice[],
  makeStage: (host: MortalHost) => Stage,
  scenarios: readonly Scenario<Stage>[],
): void {
  let disk: SmallDisk;
  let stage: Stage;
  let letGo: () => Promise<void>;

  beforeAll(async () => {
    disk = await SmallDisk.make(diskBytes);
    const host = await makeMortalHostIn(disk.stateFolder, images, { isCopied: true });
    letGo = holdPages(host.directory);
    stage = makeStage(host);
  });
  afterAll(async () => {
    await letGo();
    await disk.makeRoom();
    await stage.host.remove();
    await disk.remove();
  });

  const titled = scenarios.map((scenario) => [titleOf(scenario), scenario] as const);
  test.each(titled)('at every write of %s', { timeout: walkMs }, (_, scenario) =>
    new FullDiskWalk(stage, scenario, disk).everyWrite(),
  );
}

describe.each([
  ['container', 'busybox'],
  ['virtual-machine', idleGuest],
] as const)('a disk that becomes full leaves all of it or nothing, and says so, of a %s', (type, choice) => {
  const image = typeof choice === 'string' ? choice : choice.name;
  walkOnSmallDisk([choice], (host) => new Stage(host, { type, image }), instanceScenarios);
});

describe('a disk that becomes full leaves all of an image or nothing, and says so', () => {
  walkOnSmallDisk([], (host) => ({ host, label: 'image' }), imageScenarios);
});
