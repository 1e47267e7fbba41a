import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { chmod, readdir, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, test } from 'vitest';
import { HostClaims } from '#host/claims/host-claims.ts';
import { hierarchies } from '../../harness/hierarchies.ts';
import { eventually, TestHost } from '../../harness/host.ts';
import { idleGuest } from '../../harness/idle-guest.ts';
import { makeHostWithImages } from '../../harness/images.ts';
import { TestNetwork } from '../../harness/netns.ts';

let host: TestHost;

beforeAll(async () => {
  host = await makeHostWithImages('busybox', idleGuest);
});
afterAll(() => host.remove());

const launch = (name: string, ...options: string[]) => host.must('launch', 'busybox', name, ...options);

/**
 * Takes away what a boot takes away of this daemon: processes, cgroups, mounts, /run, claims, the network. Returns
 * the host after it, in whose /proc there is another boot id.
 */
async function boot(): Promise<TestHost> {
  const { directory, mark, network } = host;
  await host.endDaemon('SIGKILL');
  await killGroups(mark);
  const { stdout: key } = await execa('sh', ['-c', 'printf %s "$0" | sha256sum | cut -c1-16', directory]);
  const namespace = `/run/wadah/namespaces/${key}`;
  await execa('umount', [`${namespace}/mnt`, namespace]);
  await rm(namespace, { recursive: true });
  await rm(`/run/wadah/${mark}`, { recursive: true });
  await (await HostClaims.open(directory)).release();
  await network.remove();
  return new TestHost(directory, await TestNetwork.make(), await daemonOfNextBoot(directory));
}

async function killGroups(mark: string): Promise<void> {
  await eventually(async () => {
    const { stdout } = await execa('find', [
      ...[hierarchies(), '-depth', '-type', 'd', '-path', `*/wadah_${mark}*`],
    ]);
    if (stdout === '') return;
    const groups = stdout.split('\n');
    for (const group of groups) await writeFile(`${group}/cgroup.kill`, '1', { flag: 'r+' }).catch(() => {});
    await execa('rmdir', groups, { reject: false }); // a hierarchy may be there under two names
    throw new Error(`still there: ${groups.join(' ')}`);
  });
}

/** A program that starts the daemon where /proc tells another boot id: mounted over in a namespace of its own. */
async function daemonOfNextBoot(directory: string): Promise<string> {
  const program = path.join(directory, 'wadahd');
  const bootId = path.join(directory, 'boot-id');
  await writeFile(bootId, '00000000-0000-4000-8000-000000000002\n');
  const daemon = path.join(import.meta.dirname, '../../../bin/wadahd');
  const inside = `mount --bind ${bootId} /proc/sys/kernel/random/boot_id && exec ${daemon} "$@"`;
  await writeFile(program, `#!/bin/sh\nexec unshare --mount sh -c '${inside}' wadahd "$@"\n`);
  await chmod(program, 0o755);
  return program;
}

/** Takes a disk away, so that its instance cannot start. The guest has left a file that tells which it is. */
async function removeDiskWith(file: string): Promise<void> {
  const roots = path.join(host.directory, 'pool/roots');
  for (const id of await readdir(roots)) {
    if (existsSync(path.join(roots, id, 'upper', file))) await rm(path.join(roots, id), { recursive: true });
  }
}

test('after a boot of the host instances of both kinds come back as they were, and one that cannot says so and holds up nobody', async () => {
  await launch('web', '-c', 'boot.autostart.priority=5');
  await launch('broken', '-c', 'boot.autostart.priority=9');
  await launch('never', '-c', 'boot.autostart=false');
  await launch('off');
  await launch('always', '-c', 'boot.autostart=true');
  await host.must('launch', idleGuest.name, 'machine', '--vm', '-c', 'boot.autostart.priority=7');
  await host.must('stop', '--force', 'off', 'always');
  await host.must('exec', 'web', '--', 'touch', '/kept');
  await host.must('exec', 'broken', '--', 'touch', '/mark-of-broken');

  host = await boot();
  await removeDiskWith('mark-of-broken');
  await host.startDaemon();
  await eventually(async () => assert.match(await host.daemonLog(), /"msg":"instances were started"/));
  const states = `always,RUNNING broken,STOPPED machine,RUNNING never,STOPPED off,STOPPED web,RUNNING`;
  assert.equal(await host.must('list', '--format', 'csv', '-c', 'ns'), states.replaceAll(' ', '\n'));
  assert.equal(await host.must('exec', 'web', '--', 'ls', '/kept'), '/kept');
  const log = await host.daemonLog();
  assert.match(log, /"instance":"broken","fault":.*"msg":"could not bring an instance back"/);
  assert.match(log, /"started":3,"failed":1,"of":4,"msg":"instances were started"/);
});
