import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, test } from 'vitest';
import { silentLogger } from '#base/logger.ts';
import { Fault } from '#model/fault.ts';
import type { Programs } from '../process/programs.ts';
import { Dnsmasq } from './dnsmasq.ts';
import { FakePrograms } from './fake-programs.ts';
import type { ServantLeaf } from './servant-leaf.ts';

/** A leaf in which programs only pretend to run. */
class FakeLeaf implements Pick<ServantLeaf, keyof ServantLeaf> {
  readonly path = '/leaf';
  running: readonly string[] | undefined;
  starts = 0;
  failures = 0;
  #listener: (() => void) | undefined;

  async make(): Promise<void> {}

  async start(_programs: Programs, argv: readonly string[]): Promise<void> {
    this.starts += 1;
    if (this.failures > 0) {
      this.failures -= 1;
      throw new Fault('host', 'dnsmasq failed with status 2: Address already in use');
    }
    this.running = argv;
  }

  commandLines(): string[][] {
    return this.running ? [[...this.running]] : [];
  }

  signal(): void {}

  async empty(): Promise<void> {
    this.running = undefined;
  }

  async remove(): Promise<void> {
    this.running = undefined;
  }

  onEmpty(listener: () => void): void {
    this.#listener = listener;
  }

  die(): void {
    this.running = undefined;
    this.#listener?.();
  }
}

const plan = { bridge: 'wadahbr0', ipv4: '10.64.0.0/20', hasIpv6: true, user: 'dnsmasq' };

let folder: string;
let leaf: FakeLeaf;
let pauses: number[];

beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'dnsmasq-'));
  leaf = new FakeLeaf();
  pauses = [];
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function makeDnsmasq(): Dnsmasq {
  return new Dnsmasq({
    programs: new FakePrograms(),
    logger: silentLogger,
    folder: path.join(folder, 'run'),
    leaseFile: path.join(folder, 'leases'),
    names: { hostsFolder: '/names/hosts', dhcpFolder: '/names/dhcp' },
    leaf,
    pause: async (ms) => void pauses.push(ms),
  });
}

const turn = () => new Promise((resolve) => setTimeout(resolve));

async function untilRunning(): Promise<void> {
  while (!leaf.running) await turn();
}

test('the one that runs with the same configuration is taken over, another one replaced', async () => {
  await makeDnsmasq().start(plan);
  await makeDnsmasq().start(plan);
  assert.equal(leaf.starts, 1);
  await makeDnsmasq().start({ ...plan, ipv4: '10.80.0.0/20' });
  assert.equal(leaf.starts, 2);
  const files = readdirSync(path.join(folder, 'run'));
  assert.equal(files.length, 1, 'the old configuration is gone');
  assert.match(
    readFileSync(path.join(folder, 'run', files[0] ?? ''), 'utf8'),
    /^dhcp-range=10\.80\.0\.0,static,1h$/m,
  );
});

test('one that dies is started again at once', async () => {
  await makeDnsmasq().start(plan);
  leaf.die();
  await untilRunning();
  assert.deepEqual(pauses, [0]);
});

test('one that does not start is tried again at growing intervals, a minute at most', async () => {
  await makeDnsmasq().start(plan);
  leaf.failures = 9;
  leaf.die();
  await untilRunning();
  assert.deepEqual(pauses, [0, 2000, 4000, 8000, 16_000, 32_000, 60_000, 60_000, 60_000, 60_000]);
});

test('after closing nobody is started again', async () => {
  const dnsmasq = makeDnsmasq();
  await dnsmasq.start(plan);
  await dnsmasq.close();
  leaf.die();
  await turn();
  assert.equal(leaf.starts, 1);
});

test('an address that somebody else has taken is explained', async () => {
  leaf.failures = 1;
  await assert.rejects(makeDnsmasq().start(plan), { code: 'host', message: /Another DNS or DHCP server/ });
});

test('without IPv6 no router is advertised', async () => {
  await makeDnsmasq().start({ ...plan, hasIpv6: false });
  const [file = ''] = readdirSync(path.join(folder, 'run'));
  assert.doesNotMatch(readFileSync(path.join(folder, 'run', file), 'utf8'), /enable-ra|constructor/);
});
