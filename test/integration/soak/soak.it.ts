import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { afterAll, beforeAll, test } from 'vitest';
import { idleGuest } from '../../harness/idle-guest.ts';
import { type MortalHost, makeMortalHost } from '../../harness/mortal-host.ts';
import { nanoRecipe } from '../../harness/nano.ts';
import { seededRandom } from '../../harness/seeded-random.ts';
import { footprintOf, growth, requireNoGrowth, requireSameCounts } from '../../soak/footprint.ts';
import { soakImage } from '../../soak/soak-image.ts';
import { Soak, tell } from '../../soak/soak.ts';

const minutes = Number(process.env['WADAH_SOAK_MINUTES'] ?? 1);
/** Once it is there, whoever started this wants it to end. */
const stopFile = process.env['WADAH_SOAK_STOP'];
const isStopped = (): boolean => stopFile !== undefined && existsSync(stopFile);

/** Where whoever started this wants to find what the daemon logged. */
const daemonLog = process.env['WADAH_SOAK_LOG'];
/** Long enough for a guest that an emulated processor boots. */
const isLong = minutes >= 5;

let host: MortalHost;
beforeAll(async () => {
  host = await makeMortalHost(soakImage, idleGuest, ...(isLong ? [nanoRecipe] : []));
});
afterAll(async () => {
  soak.close();
  if (daemonLog !== undefined) await writeFile(daemonLog, await host.daemonLog());
  await host.remove();
});

const options = { timeout: minutes * 60_000 * 3 + 600_000 };
/** Part of the time in which the daemon dies again and again; the rest it has for leaking. */
const mortalShare = 0.6;

let soak: Soak;
const lengthMs = minutes * 60_000;

test(
  'whatever many clients ask for while the daemon dies again and again, every answer is right',
  options,
  async () => {
    const kinds = [
      { type: 'container', image: soakImage.name, hasPrograms: true },
      { type: 'virtual-machine', image: idleGuest.name, hasPrograms: false },
    ] as const;
    const nano = { type: 'virtual-machine', image: nanoRecipe.name, hasPrograms: true } as const;
    const options = { kinds, slowKinds: isLong ? [nano] : [], isStopped };
    soak = new Soak(host, seededRandom('WADAH_SOAK_SEED'), options);
    await soak.last(lengthMs * mortalShare, { withDeaths: true });
    await soak.clear();
    tell(soak.told());
  },
);

test(
  'a daemon that has done much holds no more than one that has done some of everything',
  options,
  async ({ skip }) => {
    if (isStopped()) skip('it was ended early');
    const partMs = (lengthMs * (1 - mortalShare)) / 2;
    await soak.last(partMs, { withDeaths: false });
    await soak.clear();
    const before = await footprintOf(host);
    const answersBefore = soak.answers;
    await soak.last(partMs, { withDeaths: false });
    await soak.clear();
    const after = await footprintOf(host);
    const answers = soak.answers - answersBefore;
    tell(`${answers} more answers without a death: ${growth(before, after)}`);
    await requireSameCounts(host, before);
    requireNoGrowth(before, after, answers);
  },
);
