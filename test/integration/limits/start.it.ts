import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { constants } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, test } from 'vitest';
import { type ConfigKey, configKeys } from '#model/config-keys.ts';
import { makeHost, type TestHost } from '../../harness/host.ts';
import { Limited } from './limited.ts';

let host: TestHost;
let ringProgram: string;

beforeAll(async () => {
  host = await makeHost();
  await host.buildImage('busybox');
  ringProgram = path.join(host.directory, 'ring');
  await writeFile(ringProgram, makeRingProgram());
});
afterAll(() => host.remove());

/** An x86-64 program without anything but `io_uring_setup(0, NULL)`, which ends with the error as its status. */
function makeRingProgram(): Buffer {
  const code = Buffer.from('b8a901000031ff31f60f05f7d889c7b83c0000000f05', 'hex');
  const [base, headers] = [0x400000n, 120];
  const program = Buffer.alloc(headers + code.length);
  program.write('7f454c46020101', 'hex');
  program.writeUInt16LE(2, 16); // an executable
  program.writeUInt16LE(62, 18); // x86-64
  program.writeUInt32LE(1, 20);
  program.writeBigUInt64LE(base + BigInt(headers), 24); // where it begins
  program.writeBigUInt64LE(64n, 32); // its one program header
  program.writeUInt16LE(64, 52);
  program.writeUInt16LE(56, 54);
  program.writeUInt16LE(1, 56);
  program.writeUInt32LE(1, 64); // to be loaded
  program.writeUInt32LE(5, 68); // readable, executable
  program.writeBigUInt64LE(base, 80);
  program.writeBigUInt64LE(base, 88);
  program.writeBigUInt64LE(BigInt(program.length), 96);
  program.writeBigUInt64LE(BigInt(program.length), 104);
  program.writeBigUInt64LE(4096n, 112);
  code.copy(program, headers);
  return program;
}

/** Starts a container with that configuration for as long as `look` looks. */
async function withContainer(config: Record<string, string>, look: (cold: Limited) => Promise<void>) {
  const options = Object.entries(config).flatMap(([key, value]) => ['-c', `${key}=${value}`]);
  await host.must('launch', 'busybox', 'cold', ...options);
  try {
    await look(new Limited(host, 'cold'));
  } finally {
    await host.must('delete', '--force', 'cold');
  }
}

/** What the kernel says of init's own limits. */
async function limitOf(cold: Limited, title: string): Promise<string | undefined> {
  const line = new RegExp(`^${title} +(\\S+) +(\\S+)`, 'm').exec(await cold.says('cat /proc/1/limits'));
  return line?.slice(1).join(':');
}

/** A daemon without this capability may lower what each process may, and never raise it. */
const mayRaise =
  ((BigInt(`0x${/^CapPrm:\s+(\S+)/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1]}`) >> 24n) & 1n) ===
  1n;

const processLimits: Record<string, [title: string, value: string]> = {
  as: ['Max address space', '1073741824:2147483648'],
  core: ['Max core file size', '0:0'],
  cpu: ['Max cpu time', '1000:2000'],
  data: ['Max data size', '1073741824:2147483648'],
  fsize: ['Max file size', '1073741824:2147483648'],
  locks: ['Max file locks', '100:200'],
  memlock: ['Max locked memory', '16384:32768'],
  nice: ['Max nice priority', mayRaise ? '10:20' : '0:0'],
  nofile: ['Max open files', '100:200'],
  nproc: ['Max processes', '100:200'],
  rtprio: ['Max realtime priority', mayRaise ? '10:20' : '0:0'],
  sigpending: ['Max pending signals', '100:200'],
};

/** Every key that waits for the start, and how its effect is seen from inside. */
/** What busybox's init and shell begin with; among those that are not here is chroot. */
const busyboxCalls = `access arch_prctl brk chdir chmod close clone dup dup2 execve exit exit_group faccessat faccessat2 fchdir fchown
  fcntl fork fstat futex getcwd getdents64 getegid geteuid getgid getpgrp getpid getppid getrandom getrlimit getsid getuid ioctl kill
  lseek lstat mkdir mmap mount mprotect munmap nanosleep newfstatat open openat pipe pipe2 poll ppoll pread64 prctl prlimit64 pwrite64 read
  readlink reboot rmdir rseq rt_sigaction rt_sigprocmask rt_sigreturn rt_sigsuspend rt_sigtimedwait sched_yield select set_robust_list
  set_tid_address setgid setgroups sethostname setpgid setsid setuid sigaltstack stat statx symlink sysinfo tgkill umask umount2 uname
  unlink unlinkat vfork wait4 waitid write writev capset capget socket sendmsg connect fchmodat fchmod`;

const effects: Record<string, () => Promise<void>> = {
  async 'security.privileged'() {
    await withContainer({ 'security.privileged': 'true' }, async (cold) => {
      assert.match(await cold.says('cat /proc/self/uid_map'), /^\s*0\s+0\s+4294967295$/);
    });
  },
  async 'security.idmap.size'() {
    await withContainer({ 'security.idmap.size': '196608' }, async (cold) => {
      assert.match(await cold.says('cat /proc/self/uid_map'), /\s196608$/);
      await cold.says('touch /tmp/far && chown 150000 /tmp/far');
    });
  },
  async 'security.nesting'() {
    const nested = 'unshare -U -r -m -p -f mount -t proc proc /mnt';
    await withContainer({}, async (cold) => assert.notEqual((await cold.run(nested)).status, 0));
    await withContainer({ 'security.nesting': 'true' }, async (cold) => void (await cold.says(nested)));
  },
  async 'security.capabilities.add'() {
    const bounding = 'grep CapBnd /proc/1/status';
    const has = async (cold: Limited) =>
      (BigInt(`0x${(await cold.says(bounding)).split(/\s+/)[1]}`) >> 34n) & 1n;
    await withContainer({}, async (cold) => assert.equal(await has(cold), 0n));
    await withContainer({ 'security.capabilities.add': 'syslog' }, async (cold) =>
      assert.equal(await has(cold), 1n),
    );
  },
  async 'security.capabilities.drop'() {
    await withContainer({ 'security.capabilities.drop': 'CAP_CHOWN' }, async (cold) => {
      assert.match((await cold.run('touch /tmp/x && chown 1 /tmp/x')).stderr, /Operation not permitted/);
    });
  },
  async 'security.syscalls.deny'() {
    await withContainer({ 'security.syscalls.deny': 'mkdir,mkdirat' }, async (cold) => {
      assert.match((await cold.run('mkdir /tmp/x')).stderr, /Operation not permitted/);
    });
  },
  async 'security.syscalls.deny_default'() {
    const errorOf = async (config: Record<string, string>) => {
      let error: number | undefined;
      await withContainer(config, async (cold) => {
        await host.must('file', 'push', ringProgram, 'cold/root/ring');
        error = (await cold.run('chmod 755 /root/ring; /root/ring')).status;
      });
      return error;
    };
    assert.equal(await errorOf({}), constants.errno.ENOSYS);
    const allowed = await errorOf({ 'security.syscalls.deny_default': 'false' });
    assert.equal(allowed, constants.errno.EFAULT, 'the kernel looked at its arguments');
  },
  async 'security.syscalls.allow'() {
    const config = { 'security.syscalls.allow': busyboxCalls, 'security.syscalls.deny': 'rmdir' };
    await withContainer(config, async (cold) => {
      await cold.says('mkdir /tmp/x');
      assert.match((await cold.run('rmdir /tmp/x')).stderr, /Operation not permitted/);
      assert.match((await cold.run('chroot / true')).stderr, /Operation not permitted/);
    });
  },
  async 'raw.oci'() {
    await withContainer({ 'raw.oci': '{"hostname":"told"}' }, async (cold) => {
      assert.equal(await cold.says('hostname'), 'told');
    });
  },
};

for (const [resource, [title, value]] of Object.entries(processLimits)) {
  effects[`limits.kernel.${resource}`] = () =>
    withContainer({ [`limits.kernel.${resource}`]: value }, async (cold) => {
      assert.equal(await limitOf(cold, title), value);
    });
}

const waiting = Object.entries<ConfigKey>(configKeys)
  .filter(([, { types, live, carriedBy }]) => {
    return carriedBy === 'engine' && types.includes('container') && !live.includes('container');
  })
  .map(([name]) => name);

describe('each key that waits for the start of a container is seen inside then', () => {
  test.for(waiting)('%s', async (name) => {
    const effect = effects[name];
    assert.ok(effect, `no test shows what ${name} does`);
    await effect();
  });
});
