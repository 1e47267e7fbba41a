import assert from 'node:assert/strict';
import { beforeEach, test } from 'vitest';
import { FakePrograms } from './fake-programs.ts';
import { PacketFilter } from './packet-filter.ts';
import type { GuestNic } from './ruleset.ts';

const plan = { table: 'wadah_1a2b', linkPrefix: 'wd1a2b', ipv4: '10.64.0.0/20', ipv6: undefined };

const guest = (number: number): GuestNic => ({
  link: `wd1a2b0000000${number}0`,
  mac: `00:16:3e:00:00:0${number}`,
  ipv4: `10.64.0.${number}`,
  ipv6: [`fe80::${number}`],
});

let programs: FakePrograms;
let filter: PacketFilter;

beforeEach(async () => {
  programs = new FakePrograms();
  filter = new PacketFilter(programs);
  await filter.open(plan, []);
  programs.runs.length = 0;
});

const scripts = (): string[] => programs.runs.map(({ input }) => input);

test('a guest is admitted by adding elements, and no chain is touched', async () => {
  await filter.admit(guest(2));
  assert.deepEqual(scripts(), [
    [
      'add element bridge wadah_1a2b macs { "wd1a2b000000020" . 00:16:3e:00:00:02 }',
      'add element bridge wadah_1a2b ipv4 { "wd1a2b000000020" . 00:16:3e:00:00:02 . 10.64.0.2 }',
      'add element bridge wadah_1a2b ipv6 { "wd1a2b000000020" . 00:16:3e:00:00:02 . fe80::2 }',
      'add element bridge wadah_1a2b targets { "wd1a2b000000020" . 00:16:3e:00:00:02 . 0xfe800000000000000000000000000002 }',
      '',
    ].join('\n'),
  ]);
});

test('a crowd of guests shares a run of nft', async () => {
  await Promise.all([1, 2, 3, 4, 5].map((number) => filter.admit(guest(number))));
  assert.equal(scripts().length, 1);
});

test('admitting and dismissing what is admitted or dismissed already runs nothing', async () => {
  await filter.admit(guest(2));
  await filter.admit(guest(2));
  await filter.dismiss(guest(2).link);
  await filter.dismiss(guest(2).link);
  await filter.dismiss('wd1a2b999999990');
  assert.equal(scripts().length, 2);
});

test('a guest that comes back with another address loses the old one in the same run', async () => {
  await filter.admit(guest(2));
  await filter.admit({ ...guest(2), ipv4: '10.64.0.99' });
  const last = scripts().at(-1) ?? '';
  assert.match(last, /delete element bridge wadah_1a2b ipv4 .* 10\.64\.0\.2 /);
  assert.match(last, /add element bridge wadah_1a2b ipv4 .* 10\.64\.0\.99 /);
});

test('when the tables are gone, all of it is made again with every guest', async () => {
  await filter.admit(guest(2));
  programs.failures = 1;
  await filter.admit(guest(3));
  const last = scripts().at(-1) ?? '';
  assert.match(last, /^table bridge wadah_1a2b \{$/m);
  assert.match(last, /10\.64\.0\.2, .* 10\.64\.0\.3 \}/);
});

test('a guest whose admission failed is not taken for admitted', async () => {
  programs.failures = 2;
  await assert.rejects(filter.admit(guest(2)), { code: 'host' });
  assert.equal(filter.isAdmitted(guest(2).link), false);
  await filter.admit(guest(2));
  assert.equal(filter.isAdmitted(guest(2).link), true);
});
