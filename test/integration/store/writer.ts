import { writeSync } from 'node:fs';
import { openEmbeddedStore } from '#store/embedded/embedded-store.ts';
import type { Entry, Store } from '#store/store.ts';

// The program that kill.it.ts kills. It says what it finds, then writes without end and acknowledges on its
// standard output, by a synchronous write: a line that the parent reads was preceded by a durable commit.

const slots = 40;
/** Transactions asked for in one turn: they share a commit. */
const together = 4;

interface Half {
  count: number;
  text: string;
}

function say(line: string): void {
  writeSync(1, `${line}\n`);
}

/** Transaction number `count` writes two equal halves, moves a mark along, and says its number. */
async function write(store: Store, count: number): Promise<void> {
  const half: Half = { count, text: 'x'.repeat((count * 7919) % 20_000) };
  const slot = count % slots;
  await store.transact({
    writes: [
      { put: `left/${slot}`, value: half },
      { put: `right/${slot}`, value: half },
      { delete: `mark/${count - 1}` },
      { put: `mark/${count}`, value: count },
      { put: 'count', value: count },
    ],
  });
  say(`wrote ${count}`);
}

/** What is wrong with the documents that `count` transactions left, if anything is. */
async function findFlaw(store: Store, count: number): Promise<string | undefined> {
  const marks = await store.range('mark/');
  if (count > 0 && (marks.length !== 1 || marks[0]?.value !== count)) return `marks ${JSON.stringify(marks)}`;
  if ((await store.revision()) !== BigInt(count)) return `revision ${await store.revision()}`;
  const left = await store.range<Half>('left/');
  const right = await store.range<Half>('right/');
  if (left.length !== Math.min(count, slots)) return `${left.length} left halves`;
  return left.map((entry, index) => flawOfSlot(entry, right[index], count)).find((flaw) => flaw);
}

function flawOfSlot(left: Entry<Half>, right: Entry<Half> | undefined, count: number): string | undefined {
  const slot = Number(left.key.slice('left/'.length));
  const expected = count - ((count - slot) % slots);
  const isWhole =
    right?.key === `right/${slot}` && JSON.stringify(right.value) === JSON.stringify(left.value);
  return isWhole && left.value.count === expected ? undefined : `slot ${slot} has ${left.value.count}`;
}

async function main(folder: string): Promise<void> {
  const store = await openEmbeddedStore(folder);
  let count = (await store.get<number>('count'))?.value ?? 0;
  const flaw = await findFlaw(store, count);
  say(flaw === undefined ? `found ${count}` : `flaw after ${count}: ${flaw}`);
  for (;;) {
    await Promise.all(Array.from({ length: together }, (_, index) => write(store, count + index + 1)));
    count += together;
  }
}

await main(process.argv[2] ?? '');
