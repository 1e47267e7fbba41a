import assert from 'node:assert/strict';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import path from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, test, vi } from 'vitest';
import { version } from '#base/version.ts';
import { delegatedUnit } from '#host/cgroup/layout.ts';
import { isNodeWhole } from '../../../scripts/lib/node-program.mjs';
import type { TestHost } from '../../harness/host.ts';
import { makeHostWithImages } from '../../harness/images.ts';
import { debianHost } from './debian-host.ts';

// Programs compute some twenty times slower on an emulated processor, and more when the machine is busy.
vi.setConfig({ testTimeout: 900_000, hookTimeout: 900_000 });

const checkout = path.join(import.meta.dirname, '../../..');
/** What bears our name, some of it the guest's own, besides what dpkg knows of packages. */
const listOfFiles = "find /etc /usr /var -xdev -path '*wadah*' ! -path '/var/lib/dpkg/*' | sort";
const dpkg = 'dpkg --force-unsafe-io';

const lack = isNodeWhole() ? '' : ' (skipped: this node cannot go into a package, it is linked to libnode)';

/** The host on which the package is installed is a virtual machine with systemd and cgroup v2, and no other network than that of its daemon. */
let host: TestHost;
let folder: string;
/** Process id, start time and cgroup of the init of an instance in it. */
let init: string[];
const lookAtInit = `pid=$(wadah query /1.0/instances/c1/state | sed -n 's/.*"pid": \\([0-9]*\\).*/\\1/p')
  echo "$pid $(cut -d ' ' -f 22 /proc/$pid/stat)"; cat /proc/$pid/cgroup`;

/** Path of a package on this host. */
async function packageOf(revision: string): Promise<string> {
  const name = (await readdir(folder)).find((file) => file.includes(`-${revision}_`));
  if (name === undefined) throw new Error(`No package of revision ${revision} was built`);
  return path.join(folder, name);
}

/** Brings a package to the guest, as /root/REVISION.deb. */
async function push(revision: string): Promise<void> {
  await host.must('file', 'push', await packageOf(revision), `guest/root/${revision}.deb`);
}

/** Runs a script in the guest, which must succeed; returns the lines that it says. */
async function inside(script: string): Promise<string[]> {
  return (await host.must('exec', 'guest', '--', 'sh', '-ec', script)).split('\n');
}

describe.skipIf(lack !== '')(`on a Debian 12${lack}`, () => {
  beforeAll(async () => {
    folder = await mkdtemp('/var/tmp/wadah-packages-');
    for (const revision of ['1', '2']) {
      await execa('node', ['scripts/package.mjs', '--revision', revision, '--out', folder], {
        cwd: checkout,
      });
    }
    const recipe = await debianHost();
    host = await makeHostWithImages(recipe);
    const size = ['-c', 'limits.memory=1GiB', '-c', 'limits.cpu=2'];
    await host.must('launch', recipe.name, 'guest', '--vm', ...size, '--wait', '--timeout', '600');
  });
  afterAll(async () => {
    await host.remove();
    await rm(folder, { recursive: true });
  });

  test('the package has manual pages, completion for three shells and the settings of the host', async () => {
    const { stdout } = await execa('dpkg-deb', ['--contents', await packageOf('1')]);
    const names = stdout.split('\n').map((line) => line.replace(/.* \.\//, ''));
    for (const file of [
      'usr/share/man/man1/wadah.1.gz',
      'usr/share/man/man1/wadah-launch.1.gz',
      'usr/share/man/man8/wadahd.8.gz',
      'usr/share/bash-completion/completions/wadah',
      'usr/share/zsh/vendor-completions/_wadah',
      'usr/share/fish/vendor_completions.d/wadah.fish',
      'usr/lib/sysctl.d/10-wadah.conf',
      'usr/lib/tmpfiles.d/wadah.conf',
      'usr/share/doc/wadah/copyright',
    ]) {
      assert.ok(names.includes(file), file);
    }
  });

  test("it installs with Debian 12's own packages alone, and its daemon answers root and its group", async () => {
    await push('1');
    const said = await inside(`
      ${listOfFiles} >/root/before
      ${dpkg} --install /root/1.deb
      systemd-analyze verify --man=no wadahd.service wadah-instances.service
      systemctl is-active wadahd wadah-instances
      systemctl is-enabled wadahd
      runuser -u nobody -g wadah wadah version`);
    const expected = ['active', 'active', 'enabled', `Client: ${version}`, `Server: ${version}`];
    assert.deepEqual(said.slice(-expected.length), expected);
  });

  test('instances live in a unit of their own', async () => {
    const said = await inside(`wadah image build busybox --quiet; wadah launch busybox c1; ${lookAtInit}`);
    init = said.slice(-2);
    assert.match(init[1] ?? '', new RegExp(`^0::/${delegatedUnit}/wadah_[0-9a-f]{4}/[0-9a-f]{8}/payload$`));
  });

  test('an upgrade replaces the daemon, and running instances do not notice', async () => {
    await push('2');
    const said = await inside(`
      systemctl show --property MainPID wadahd
      ${dpkg} --install /root/2.deb >/dev/null
      systemctl show --property MainPID wadahd
      cat /sys/fs/cgroup/${delegatedUnit}/wadah_*/cgroup.subtree_control
      ${lookAtInit}`);
    const [before, after, controllers, ...initNow] = said;
    assert.notEqual(before, after);
    assert.deepEqual(initNow, init);
    for (const name of ['cpu', 'memory', 'pids']) assert.ok(controllers?.split(' ').includes(name), name);
  });

  test('removing it stops the instances and takes all but the state away', async () => {
    const [pid = ''] = (init[0] ?? '').split(' ');
    const said = await inside(`
      cp /var/lib/dpkg/info/wadah.postrm /root/postrm
      ${dpkg} --remove wadah >/dev/null
      ls -d /proc/${pid} /run/wadah /sys/fs/cgroup/${delegatedUnit} 2>/dev/null || :
      nft list tables; ip -o link | cut -d ' ' -f 2; cat /proc/sys/net/ipv4/ip_forward
      ls -d /var/lib/wadah/pool/roots/*/upper`);
    assert.deepEqual(said.slice(0, -1), ['lo:', 'eth0:', '0']);
    assert.match(said.at(-1) ?? '', /^\/var\/lib\/wadah\/pool\/roots\/[0-9a-f]{8}\/upper$/);
  });

  test('purging keeps disks of instances, and says so; without any, nothing is left', async () => {
    const said = await inside(`
      ${dpkg} --purge wadah 2>&1 | grep Kept
      rm -r /var/lib/wadah/pool/roots/*
      sh /root/postrm purge
      ${listOfFiles} | comm -3 /root/before -
      getent group wadah || echo no group`);
    assert.match(said[0] ?? '', /^Kept \/var\/lib\/wadah: it holds the disks of instances \(1\)\. To delete/);
    assert.deepEqual(said.slice(1), ['no group']);
  });
});
