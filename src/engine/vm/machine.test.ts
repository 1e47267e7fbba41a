import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'vitest';
import { emulation } from './acceleration.ts';
import { type Machine, qemuArguments } from './machine.ts';

const machine: Machine = {
  name: 'web1',
  accelerator: emulation,
  processors: 2,
  memoryBytes: 2 ** 30,
  sockets: { qmp: 3, serial: 4, agent: 5, ssh: 6 },
  consoleLog: 7,
  disk: { format: 'qcow2', descriptor: 8 },
  base: { format: 'raw', descriptor: 9 },
  boot: { kernel: 10, initrd: 11, commandLine: 'console=ttyS0 root=LABEL="a b"' },
  firmware: undefined,
  diskIo: 'threads',
  nics: [{ mac: '00:16:3e:00:00:02', queues: [{ descriptor: 12, vhostDescriptor: undefined }] }],
};

/** One option a line, with its value. */
const lines = (changes: Partial<Machine> = {}): string[] =>
  qemuArguments({ ...machine, ...changes })
    .join('\n')
    .replaceAll(/\n(?!-)/g, ' ')
    .split('\n');

test('the command line is the one that was agreed on', () => {
  const golden = readFileSync(join(import.meta.dirname, 'machine.golden.txt'), 'utf8')
    .trim()
    .split('\n');
  assert.deepEqual(lines(), golden);
});

test('KVM runs a machine with the processor that was found to work', () => {
  const all = lines({ accelerator: { accel: 'kvm', cpu: 'host,-arch-capabilities' } });
  assert.ok(all.includes('-accel kvm'));
  assert.ok(all.includes('-cpu host,-arch-capabilities'));
});

test('every NIC has a port of its own, and the kernel moves its packets where it can', () => {
  const nic = (number: number) => ({
    mac: `00:16:3e:00:00:0${number}`,
    queues: [{ descriptor: 20 + number, vhostDescriptor: 30 + number }],
  });
  const all = lines({ nics: [nic(1), nic(2)] });
  assert.ok(all.includes('-netdev tap,id=link1,fds=22,vhost=on,vhostfds=32'));
  const ports = all
    .filter((line) => line.startsWith('-device virtio-'))
    .map((line) => /bus=(\w+)/.exec(line)?.[1]);
  assert.equal(new Set(ports).size, ports.length);
  assert.equal(all.filter((line) => line.includes('pcie-root-port')).length, ports.length + 4);
});

test('a NIC with a queue for each processor has interrupts for all, and the kernel serves all of them or none', () => {
  const nic = (...vhostDescriptors: (number | undefined)[]) => {
    const queues = vhostDescriptors.map((vhostDescriptor, index) => ({
      descriptor: 21 + index,
      vhostDescriptor,
    }));
    return lines({ nics: [{ mac: '00:16:3e:00:00:02', queues }] });
  };
  assert.ok(nic(31, 32).includes('-netdev tap,id=link0,fds=21:22,vhost=on,vhostfds=31:32'));
  assert.ok(nic(31, 32).some((line) => line.includes(',mq=on,vectors=6,')));
  assert.ok(nic(31, undefined).includes('-netdev tap,id=link0,fds=21:22,vhost=off'));
});

test('disks are discarded into, served by a thread of their own, and by io_uring where that works', () => {
  const all = lines({ diskIo: 'io_uring' });
  const node = JSON.parse(all.find((line) => line.startsWith('-blockdev'))?.slice('-blockdev '.length) ?? '');
  assert.deepEqual([node.file.aio, node.backing.file.aio], ['io_uring', 'io_uring']);
  assert.deepEqual([node.discard, node.file.discard, node['detect-zeroes']], ['unmap', 'unmap', 'unmap']);
  assert.ok(all.some((line) => line.includes('virtio-blk-pci') && line.includes('iothread=disk-thread')));
});

test('memory is whole mebibytes, and never less than asked for', () => {
  assert.ok(lines({ memoryBytes: 64 * 2 ** 20 + 1 }).includes('-m 65M'));
});

test('a disk that stands on nothing does not believe its own header', () => {
  const node = lines({ base: undefined }).find((line) => line.startsWith('-blockdev')) ?? '';
  assert.equal(JSON.parse(node.slice('-blockdev '.length)).backing, null);
});
