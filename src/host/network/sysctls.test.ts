import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, test } from 'vitest';
import { FakeSysctls } from './fake-sysctls.ts';
import { enableForwarding, hasIpv6 } from './forwarding.ts';
import { BorrowedSysctls } from './sysctls.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'sysctls-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const key = 'net/ipv4/ip_forward';

test('a changed setting is announced and goes back to what it was', () => {
  const sysctls = new FakeSysctls({ [key]: '0' });
  const borrowed = new BorrowedSysctls(sysctls, folder);
  assert.equal(borrowed.set(key, '1'), 'net.ipv4.ip_forward: 0 → 1');
  borrowed.restore();
  assert.equal(sysctls.read(key), '0');
  assert.deepEqual(readdirSync(folder), []);
});

test('a setting that has the value already, or that this kernel lacks, is left alone', () => {
  const sysctls = new FakeSysctls({ [key]: '1' });
  const borrowed = new BorrowedSysctls(sysctls, folder);
  assert.equal(borrowed.set(key, '1'), undefined);
  assert.equal(borrowed.set('net/ipv6/conf/all/forwarding', '1'), undefined);
  borrowed.restore();
  assert.deepEqual(sysctls.writes, []);
});

test('the last daemon to go puts back what the first one found', () => {
  const sysctls = new FakeSysctls({ [key]: '0' });
  new BorrowedSysctls(sysctls, folder).set(key, '1');
  sysctls.write(key, '0'); // somebody meddled between
  new BorrowedSysctls(sysctls, folder).set(key, '1');
  new BorrowedSysctls(sysctls, folder).restore();
  assert.equal(sysctls.read(key), '0');
});

test('a setting that somebody else changed since is not put back', () => {
  const sysctls = new FakeSysctls({ [key]: '0' });
  const borrowed = new BorrowedSysctls(sysctls, folder);
  borrowed.set(key, '1');
  sysctls.write(key, '2');
  borrowed.restore();
  assert.equal(sysctls.read(key), '2');
});

test('a host that starts to forward IPv6 is first told to go on listening to its routers', () => {
  const sysctls = new FakeSysctls({
    [key]: '1',
    'net/ipv6/conf/all/accept_ra': '1',
    'net/ipv6/conf/all/forwarding': '0',
    'net/ipv6/conf/eth0/accept_ra': '1',
    'net/ipv6/conf/eth1/accept_ra': '0',
  });
  const changes = enableForwarding(sysctls, new BorrowedSysctls(sysctls, folder), true);
  assert.deepEqual(sysctls.writes, ['net/ipv6/conf/eth0/accept_ra=2', 'net/ipv6/conf/all/forwarding=1']);
  assert.deepEqual(changes, ['net.ipv6.conf.eth0.accept_ra: 1 → 2', 'net.ipv6.conf.all.forwarding: 0 → 1']);
});

test('a host without IPv6, or with it switched off, has none to give', () => {
  assert.equal(hasIpv6(new FakeSysctls({})), false);
  assert.equal(hasIpv6(new FakeSysctls({ 'net/ipv6/conf/all/disable_ipv6': '1' })), false);
  assert.equal(hasIpv6(new FakeSysctls({ 'net/ipv6/conf/all/disable_ipv6': '0' })), true);
});
