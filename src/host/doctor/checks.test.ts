import { describe, expect, test } from 'vitest';
import { Fault } from '#model/fault.ts';
import type { FakeHost } from './fake-host.ts';
import { finding, findings } from './test-findings.ts';

describe('the kernel', () => {
  test.each([
    ['5.10.0-30-amd64', 'problem'],
    ['5.19.0', 'ok'],
    ['6.1.0', 'ok'],
  ])('Linux %s: %s', async (release, status) => {
    const found = await finding('kernel', ({ sysctls }) => sysctls.values.set('kernel/osrelease', release));
    expect(found.status).toBe(status);
  });

  test('a file system that the kernel can load is as good as there', async () => {
    const without = ({ files }: FakeHost) => files.set('/proc/filesystems', '\text4\n');
    expect(await finding('overlayfs', without)).toMatchObject({ status: 'problem', fixable: false });
    const loadable = await finding('overlayfs', (host) => {
      without(host);
      host.files.set('/lib/modules/6.12.3-amd64/modules.builtin', 'kernel/fs/overlayfs/overlay.ko\n');
    });
    expect(loadable.status).toBe('ok');
  });

  test.each([
    ['user-namespaces', 'user/max_user_namespaces', '0', 'problem'],
    ['nested-user-namespaces', 'kernel/apparmor_restrict_unprivileged_userns', '1', 'note'],
    ['nested-user-namespaces', 'kernel/unprivileged_userns_clone', '0', 'note'],
    ['io-uring', 'kernel/io_uring_disabled', '2', 'note'],
  ])('%s: %s = %s is a %s that names it', async (check, key, value, status) => {
    const found = await finding(check, ({ sysctls }) => sysctls.values.set(key, value));
    expect(found).toMatchObject({ status });
    expect(found.what).toContain(`${key.replaceAll('/', '.')} is ${value}`);
  });

  test.each([
    ['user-namespaces', '/proc/self/ns/user', 'problem'],
    ['time-namespaces', '/proc/self/ns/time', 'problem'],
    ['fuse', '/dev/fuse', 'problem'],
    ['tun', '/dev/net/tun', 'warning'],
    ['vhost-net', '/dev/vhost-net', 'note'],
  ])('%s: without %s it is a %s', async (check, path, status) => {
    expect((await finding(check, ({ files }) => files.delete(path))).status).toBe(status);
  });

  test('a kernel without eBPF is noted', async () => {
    const without = ({ files }: FakeHost) => files.set('/proc/filesystems', 'nodev\toverlay\n');
    expect((await finding('ebpf', without)).status).toBe('note');
  });

  test('where programs in front of security functions are refused, what to do is that of the refusal', async () => {
    expect((await finding('security-programs', () => {})).status).toBe('ok');
    const found = await finding('security-programs', (host) => {
      host.programsError = new Fault('unsupported', 'the security module bpf is off', {
        hint: 'Boot with the kernel parameter lsm=yama,bpf',
        cause: new Error('EPERM'),
      });
    });
    expect(found).toMatchObject({
      status: 'note',
      what: 'They may not: the security module bpf is off: EPERM',
      remedy: 'Boot with the kernel parameter lsm=yama,bpf',
    });
  });

  test('a file system that knows no maps of ids is a problem in the kernel’s words', async () => {
    const found = await finding('idmapped-mounts', (host) => {
      host.idmapError = new Fault('host', 'mount_setattr MOUNT_ATTR_IDMAP: invalid argument (EINVAL)');
    });
    expect(found).toMatchObject({ status: 'problem' });
    expect(found.what).toContain('EINVAL');
  });
});

describe('cgroups', () => {
  const hybrid = [
    '1 0 8:1 / / rw - ext4 /dev/sda1 rw',
    '2 1 0:30 / /sys/fs/cgroup rw - tmpfs tmpfs rw',
    '3 2 0:31 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory',
    '4 2 0:32 / /sys/fs/cgroup/blkio rw - cgroup cgroup rw,blkio',
    '5 2 0:33 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw',
  ];

  test('a hybrid host is served, and told what it is', async () => {
    const found = await finding('cgroup-layout', (host) => {
      host.mountinfo = hybrid;
    });
    expect(found).toMatchObject({ status: 'note' });
    expect(found.what).toBe('hybrid: cgroup v2 at /sys/fs/cgroup/unified, beside v1 (memory, blkio)');
  });

  test('controllers are looked for in all hierarchies, whatever v1 calls them', async () => {
    const use = (check: string) =>
      finding(check, (host) => {
        host.mountinfo = hybrid;
      });
    expect((await use('cgroup-io')).status).toBe('ok');
    expect(await use('cgroup-pids')).toMatchObject({
      status: 'warning',
      what: 'There is no controller pids',
    });
  });

  test('a memory controller that the kernel was booted without names the parameter', async () => {
    const found = await finding('cgroup-memory', ({ files }) =>
      files.set('/sys/fs/cgroup/cgroup.controllers', 'cpuset cpu io pids'),
    );
    expect(found).toMatchObject({ status: 'warning' });
    expect(found.remedy).toContain('cgroup_enable=memory');
  });

  test('no cgroups at all is a problem in the words of the daemon', async () => {
    const found = await finding('cgroup-layout', (host) => {
      host.mountinfo = [];
    });
    expect(found).toMatchObject({
      status: 'problem',
      what: 'No cgroups are mounted at /sys/fs/cgroup',
      remedy: 'Mount them: mount -t cgroup2 none /sys/fs/cgroup',
    });
  });
});

test('KVM is judged as it was measured', async () => {
  const found = await finding('kvm', (host) => {
    host.kvmVerdict = { verdict: 'none', reason: 'No VT-x.', remedy: 'Turn it on.', ms: 1 };
  });
  expect(found).toMatchObject({ status: 'warning', what: 'none: No VT-x.', remedy: 'Turn it on.' });
});

describe('host ids', () => {
  test('in a container that has not all of them containers do not start', async () => {
    const found = await finding('host-ids', ({ files }) =>
      files.set('/proc/self/uid_map', '0 100000 65536\n'),
    );
    expect(found).toMatchObject({ status: 'problem', what: 'Here there are 65536 ids, from 100000 on' });
  });

  test('ranges and accounts that meet ours are named, each for itself', async () => {
    const found = await findings('id-ranges', ({ files }) => {
      files.set('/etc/subuid', 'me:100000:65536\nroot:1000000:1000000000\nbad line\n');
      files.set('/etc/passwd', 'root:x:0:0::/root:/bin/sh\nad:x:67108865:1::/home/ad:/bin/sh\n');
    });
    expect(found.map(({ status }) => status)).toEqual(['warning', 'warning']);
    expect(found.map(({ what }) => what.split(' meet ')[0])).toEqual([
      '1000000–1000999999 of root in /etc/subuid',
      '67108865–67108865 of ad in /etc/passwd',
    ]);
  });
});

describe('what instances use together', () => {
  test('a limit that is nearly reached is a warning', async () => {
    const used = (count: number) =>
      finding('terminals', ({ sysctls }) => {
        sysctls.values.set('kernel/pty/nr', String(count));
        sysctls.values.set('kernel/pty/max', '20000');
      });
    expect(await used(15_000)).toMatchObject({ status: 'ok', what: '15000 of 20000 in use' });
    expect(await used(17_000)).toMatchObject({ status: 'warning' });
  });

  test('keys are those of root', async () => {
    const found = await finding('root-keys', ({ files, sysctls }) => {
      files.set('/proc/key-users', '    0:     9 8/8 9/1000000 40/25000000\n 1000: 1 1/1 199/200 1/20000\n');
      sysctls.values.set('kernel/keys/root_maxkeys', '10');
    });
    expect(found).toMatchObject({ status: 'warning', what: '9 of 10 in use: soon there are no more' });
  });

  test('a host without memory left says so', async () => {
    const found = await finding('memory', ({ files }) =>
      files.set('/proc/meminfo', 'MemTotal: 8388608 kB\nMemAvailable: 102400 kB\n'),
    );
    expect(found).toMatchObject({ status: 'warning', what: '100MiB of 8GiB is available' });
  });
});

describe('programs', () => {
  const lack = (missing: string) => (host: FakeHost) => {
    host.find = (name) => {
      if (name !== missing) return `/usr/bin/${name}`;
      throw new Fault('unsupported', `The program ${name} is not installed on this host`, {
        hint: `Install it: apt-get install ${name}-package`,
      });
    };
  };

  test.each([
    ['crun', 'problem'],
    ['nft', 'problem'],
    ['qemu-system-x86_64', 'warning'],
    ['mmdebstrap', 'note'],
  ])('without %s it is a %s, with the package to install', async (program, status) => {
    expect(await finding(program, lack(program))).toMatchObject({
      status,
      what: `The program ${program} is not installed on this host`,
      remedy: `apt-get install ${program}-package`,
      fixable: false,
    });
  });

  test.each([
    ['crun version 1.8.1', 'ok'],
    ['crun version 1.21', 'ok'],
    ['crun version 1.8', 'ok'],
    ['crun version 1.7.2', 'problem'],
    ['crun version UNKNOWN', 'ok'],
  ])('%s: %s', async (text, status) => {
    const found = await finding('crun', ({ programs }) =>
      programs.answers.set('/usr/bin/crun --version', text),
    );
    expect(found.status).toBe(status);
  });
});

describe('the disk', () => {
  test.each([
    [100, 'problem'],
    [1000, 'warning'],
    [5000, 'ok'],
  ])('%d MiB left: %s', async (mebibytes, status) => {
    const found = await finding('disk-space', (host) => {
      host.freeBytes = mebibytes * 2 ** 20;
    });
    expect(found.status).toBe(status);
  });

  test.each([
    [1000, 10_000_000, 'problem'],
    [20_000, 10_000_000, 'warning'],
    [0, 0, 'ok'],
  ])('%d of %d inodes left: %s', async (free, total, status) => {
    const found = await finding('inodes', (host) => {
      host.freeInodes = free;
      host.totalInodes = total;
    });
    expect(found.status).toBe(status);
  });

  test.each([
    ['rw - nfs4 server:/x rw', 'problem'],
    ['ro - ext4 /dev/sdb ro', 'problem'],
    ['rw - tmpfs tmpfs rw', 'warning'],
    ['rw - btrfs /dev/sdb rw', 'ok'],
  ])('a state folder on "%s": %s', async (line, status) => {
    const found = await finding('file-system', (host) => {
      host.mountinfo.push(`9 1 0:40 / /var/lib ${line}`);
    });
    expect(found.status).toBe(status);
  });

  test('without project quotas the disk of a container has no limit', async () => {
    const found = await finding('project-quota', (host) => {
      host.mountinfo = ['1 0 8:1 / / rw - ext4 /dev/sda1 rw'];
    });
    expect(found).toMatchObject({ status: 'note' });
  });
});

describe('the network', () => {
  test('what the kernel refuses in a namespace of its own is told in its words', async () => {
    const found = await finding('veth', ({ programs }) => {
      programs.run = async (argv) => ({
        exitCode: argv.includes('veth') ? 2 : 0,
        stdout: '{"nftables": []}',
        stderr: 'RTNETLINK answers: Operation not supported\n',
      });
    });
    expect(found).toMatchObject({ status: 'problem' });
    expect(found.what).toContain('Operation not supported');
  });

  test('each firewall in the way is a warning with the command that lets the bridge through', async () => {
    const found = await finding('firewalls', ({ programs }) => {
      const chain = { family: 'ip', table: 'filter', name: 'FORWARD', hook: 'forward', policy: 'drop' };
      programs.answers.set('nft -j list ruleset', JSON.stringify({ nftables: [{ chain }] }));
    });
    expect(found).toMatchObject({ status: 'warning' });
    expect(found.remedy).toMatch(/^iptables -I FORWARD -i wadahbr0 -j ACCEPT && /);
  });

  test('a DNS server on all addresses is seen, one on a certain address is not', async () => {
    const listening = (address: string) =>
      finding('dns-port', ({ files }) =>
        files.set('/proc/self/net/udp', `  sl  local_address\n  12: ${address}:0035 00000000:0000 07\n`),
      );
    expect((await listening('00000000')).status).toBe('warning');
    expect((await listening('3500007F')).status).toBe('ok');
  });

  test('IPv6 that is switched off is good to know', async () => {
    const found = await finding('ipv6', ({ sysctls }) =>
      sysctls.values.set('net/ipv6/conf/all/disable_ipv6', '1'),
    );
    expect(found.status).toBe('note');
  });
});

describe('time', () => {
  test.each([
    [Date.UTC(1970, 0, 1), 'problem'],
    [Date.UTC(2026, 11, 24), 'ok'],
    [Date.UTC(2050, 0, 1), 'problem'],
  ])('%d: %s', async (time, status) => {
    const found = await finding('clock', (host) => {
      host.time = time;
    });
    expect(found.status).toBe(status);
  });

  test('a clock that nobody keeps right is a note', async () => {
    const found = await finding('clock-synchronised', (host) => {
      host.isSynchronised = false;
    });
    expect(found.status).toBe('note');
  });
});
