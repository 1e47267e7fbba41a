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
  nics: [{ mac: '00:16:3e:00:00:02', descriptor: 12, vhostDescriptor: undefined }],
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
    descriptor: 20 + number,
    vhostDescriptor: 30 + number,
  });
  const all = lines({ nics: [nic(1), nic(2)] });
  assert.ok(all.includes('-netdev tap,id=link1,fd=22,vhost=on,vhostfd=32'));
  const ports = all
    .filter((line) => line.startsWith('-device virtio-'))
    .map((line) => /bus=(\w+)/.exec(line)?.[1]);
  assert.equal(new Set(ports).size, ports.length);
  assert.equal(all.filter((line) => line.includes('pcie-root-port')).length, ports.length + 4);
});

test('memory is whole mebibytes, and never less than asked for', () => {
  assert.ok(lines({ memoryBytes: 64 * 2 ** 20 + 1 }).includes('-m 65M'));
});

test('a disk that stands on nothing does not believe its own header', () => {
  const node = lines({ base: undefined }).find((line) => line.startsWith('-blockdev')) ?? '';
  assert.equal(JSON.parse(node.slice('-blockdev '.length)).backing, null);
});
