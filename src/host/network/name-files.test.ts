import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, test } from 'vitest';
import { NameFiles } from './name-files.ts';

let folder: string;
let files: NameFiles;
beforeEach(async () => {
  folder = mkdtempSync(path.join(tmpdir(), 'names-'));
  files = new NameFiles(folder);
  await files.open([]);
});
afterEach(() => rmSync(folder, { recursive: true }));

const web = { key: '01.eth0', name: 'web', mac: '00:16:3e:00:00:01', ipv4: '10.64.0.5', ipv6: 'fd00::5' };

const read = (file: string): string => readFileSync(path.join(folder, file), 'utf8');

test('a NIC has one file for its name and one for its lease', async () => {
  await files.put(web);
  assert.equal(read('hosts/01.eth0'), '10.64.0.5 web.wadah\nfd00::5 web.wadah\n');
  assert.equal(read('dhcp/01.eth0'), '00:16:3e:00:00:01,10.64.0.5,web\n');
});

test('dnsmasq must be told of leases that change or go, not of new ones', async () => {
  assert.equal(await files.put(web), false);
  assert.equal(await files.put(web), false);
  assert.equal(await files.put({ ...web, name: 'www' }), true);
  assert.equal(await files.remove(web.key), true);
  assert.equal(await files.remove(web.key), false);
});

test('opening makes the folders hold exactly the NICs that there are', async () => {
  await files.put(web);
  await files.put({ ...web, key: '02.eth0' });
  const db = { ...web, key: '03.eth0', name: 'db' };
  assert.equal(await new NameFiles(folder).open([web, db]), true);
  assert.deepEqual(readdirSync(path.join(folder, 'hosts')), ['01.eth0', '03.eth0']);
  assert.deepEqual(readdirSync(path.join(folder, 'dhcp')), ['01.eth0', '03.eth0']);
  assert.equal(await new NameFiles(folder).open([web, db]), false);
});
