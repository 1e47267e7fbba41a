import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { afterAll, beforeAll, expect, test } from 'vitest';

const kills = 1000;
/** Stores that are written and killed at the same time. */
const lanes = 2;

const repository = fileURLToPath(new URL('../../../', import.meta.url));
let folder: string;
let program: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'wadah-kill-'));
  program = join(folder, 'writer.mjs');
  await build({
    entryPoints: [join(repository, 'test/integration/store/writer.ts')],
    outfile: program,
    bundle: true,
    platform: 'node',
    target: 'node20',
    format: 'esm',
    // A module in a temporary folder finds no packages by name.
    alias: { lmdb: join(repository, 'node_modules/lmdb/index.js') },
    external: [join(repository, 'node_modules/lmdb/index.js')],
  });
});
afterAll(() => rm(folder, { recursive: true }));

interface Life {
  /** How many transactions the store had when it was opened; `undefined`: killed before that. */
  found: number | undefined;
  /** The last transaction that was acknowledged. */
  acknowledged: number;
}

/** Runs the writer on `store` and kills it after so many acknowledged writes, or so many milliseconds. */
async function live(store: string, until: { writes: number } | { ms: number }): Promise<Life> {
  const { NODE_EXTRA_CA_CERTS: _, ...env } = process.env; // it slows each start of Node down
  const child = spawn(process.execPath, [program, store], { env, stdio: ['ignore', 'pipe', 'inherit'] });
  const closed = new Promise<NodeJS.Signals | null>((resolve) =>
    child.on('close', (__, signal) => resolve(signal)),
  );
  const timer = setTimeout(() => child.kill('SIGKILL'), 'ms' in until ? until.ms : 60_000);
  const life: Life = { found: undefined, acknowledged: 0 };
  let writesLeft = 'writes' in until ? until.writes : Infinity;
  for await (const line of createInterface(child.stdout)) {
    const [, verb, count] = /^(found|wrote) (\d+)$/.exec(line) ?? [];
    if (verb === undefined) throw new Error(line);
    if (verb === 'found') life.found = Number(count);
    else life.acknowledged = Number(count);
    if (verb === 'wrote') writesLeft -= 1;
    if (writesLeft === 0) child.kill('SIGKILL');
  }
  clearTimeout(timer);
  expect(await closed).toBe('SIGKILL');
  return life;
}

/** Kills the writers of one store again and again; each tells what the one before left. */
async function killAgainAndAgain(store: string, times: number): Promise<{ killedWhileWriting: number }> {
  let acknowledged = 0;
  let killedWhileWriting = 0;
  for (let kill = 0; kill < times; kill += 1) {
    // One in ten dies at some moment of its start, the others in the middle of writing.
    const until =
      kill % 10 === 9 ? { ms: Math.random() * 100 } : { writes: 1 + Math.floor(Math.random() * 30) };
    const life = await live(store, until);
    if (life.found !== undefined) expect(life.found).toBeGreaterThanOrEqual(acknowledged);
    if (life.acknowledged > 0) killedWhileWriting += 1;
    acknowledged = Math.max(acknowledged, life.acknowledged);
  }
  const last = await live(store, { writes: 1 });
  expect(last.found).toBeGreaterThanOrEqual(acknowledged);
  return { killedWhileWriting };
}

test(`${kills} SIGKILLs of a writing process lose no acknowledged write and leave none half there`, async () => {
  const stores = Array.from({ length: lanes }, (_, lane) => join(folder, `store-${lane}`));
  const results = await Promise.all(stores.map((store) => killAgainAndAgain(store, kills / lanes)));
  const killedWhileWriting = results.reduce((sum, result) => sum + result.killedWhileWriting, 0);
  expect(killedWhileWriting).toBeGreaterThanOrEqual(kills * 0.9);
}, 900_000);
