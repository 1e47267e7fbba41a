import { execa } from 'execa';
import { afterAll, beforeAll, test } from 'vitest';
import type { TestHost } from '../harness/host.ts';
import { cachedImage, makeHostWithImages } from '../harness/images.ts';
import { java, javaPrograms, javaRecipe } from '../harness/java.ts';
import { report, type Sample } from '../harness/measure.ts';

const rounds = 3;
let host: TestHost;

beforeAll(async () => {
  host = await makeHostWithImages(javaRecipe);
  await host.must('launch', 'java', 'web', '--wait');
});
afterAll(() => host.remove());

const program = [java, `${javaPrograms}/Work.java`];

/** The same files, run by the same kernel, with nothing of a container but another root. */
async function inChroot(): Promise<string> {
  const { folder } = await cachedImage(javaRecipe);
  const enter = 'mount --rbind /proc "$0/proc"; mount -t tmpfs tmpfs "$0/tmp"; exec chroot "$0" "$@"';
  const unshare = ['--mount', '--propagation', 'private', 'sh', '-ec', enter, `${folder}/rootfs`];
  return (await execa('unshare', [...unshare, ...program])).stdout;
}

const inContainer = (): Promise<string> => host.must('exec', 'web', '--', ...program);

function sampleOf(said: readonly string[]): Sample {
  const durations = said.flatMap((text) => text.trim().split('\n').map(Number)).sort((a, b) => a - b);
  return { minMs: durations[0] ?? 0, medianMs: durations[Math.floor(durations.length / 2)] ?? 0 };
}

test('a JVM that uses all processors, in a container beside one in a plain chroot', async () => {
  const [ours, theirs]: [string[], string[]] = [[], []];
  for (let round = 0; round < rounds; round += 1) {
    // By turns, so that both meet the same weather.
    theirs.push(await inChroot());
    ours.push(await inContainer());
  }
  const peer = { name: 'chroot', sample: sampleOf(theirs) };
  report('a round of sorting on all processors, in Java', sampleOf(ours), peer);
});
