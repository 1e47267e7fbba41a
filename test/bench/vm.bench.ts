import { readFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, test } from 'vitest';
import type { RunPlan } from '#engine/engine.ts';
import type { QemuEngine } from '#engine/vm/qemu-engine.ts';
import { QmpClient } from '#engine/vm/qmp/qmp-client.ts';
import { eventually } from '../harness/host.ts';
import { asSample, duration, report, reportFigure, type Sample, sample } from '../harness/measure.ts';
import { never } from '../integration/engine/guest-program.ts';
import { TestVms } from '../integration/vm/test-vms.ts';
import { Libvirt } from './libvirt.ts';

const id = '0123abcd';
const rounds = 15;
let vms: TestVms;
let engine: QemuEngine;
let plan: RunPlan;

beforeAll(async () => {
  vms = await TestVms.open({ boots: 'tinyrom' });
  engine = await vms.engine();
  plan = await vms.plan(id);
});
afterAll(() => vms.close(engine));

/** The same machine as somebody would start it by hand: as root, in no group, with its files by their names. */
function handMade(socket: string): string[] {
  const disk = plan.root.kind === 'disk' ? plan.root.path : '';
  const ports = Array.from({ length: 9 }, (_, port) => {
    const address = `0x${2 + Math.floor(port / 8)}.${port % 8}`;
    return ['-device', `pcie-root-port,id=port${port},chassis=${port + 1},addr=${address},multifunction=on`];
  });
  return [
    ...['qemu-system-x86_64', '-nodefaults', '-no-user-config', '-display', 'none', '-S', '-m', '64M'],
    ...['-machine', 'pc-q35-7.2', '-accel', 'tcg', '-cpu', 'Nehalem', '-bios', vms.host.firmware ?? ''],
    ...ports.flat(),
    ...['-drive', `file=${disk},if=none,id=root`, '-device', 'virtio-blk-pci,drive=root,bus=port0'],
    ...['-device', 'virtio-serial-pci,bus=port1', '-device', 'virtio-rng-pci,bus=port2'],
    ...['-device', 'virtio-balloon-pci,bus=port3', '-device', 'pvpanic', '-serial', 'null'],
    ...[
      '-netdev',
      'tap,id=nic,script=no,downscript=no',
      '-device',
      'virtio-net-pci,netdev=nic,romfile=,bus=port4',
    ],
    ...['-qmp', `unix:${socket},server=on,wait=off`],
  ];
}

async function startByHand(socket: string): Promise<() => Promise<unknown>> {
  const program = await vms.host.programs.spawn(handMade(socket));
  const client = await eventually(() => QmpClient.connect(socket, () => {}));
  await client.execute('cont');
  return () => {
    process.kill(program.pid, 'SIGKILL');
    return program.exited;
  };
}

/** Figures of things that are done in turn, so that all see the same host. */
async function inTurn<Name extends string>(
  work: Record<Name, () => Promise<number>>,
): Promise<Record<Name, Sample>> {
  const times = new Map<Name, number[]>();
  for (let round = 0; round < rounds; round += 1) {
    for (const name of Object.keys(work) as Name[]) {
      times.set(name, [...(times.get(name) ?? []), await work[name]()]);
    }
  }
  return Object.fromEntries([...times].map(([name, all]) => [name, asSample(all)])) as Record<Name, Sample>;
}

const ours = {
  start: () => duration(() => engine.start(plan, never)),
  stop: async () => {
    const time = await duration(() => engine.stop(id, 0, never));
    await engine.destroy(id);
    return time;
  },
};

test('start and forced stop of a virtual machine, beside the same by hand', async () => {
  const socket = path.join(vms.folder, 'by-hand');
  const { start, stop, hand } = await inTurn({
    ...ours,
    hand: async () => {
      const begun = performance.now();
      const end = await startByHand(socket);
      const time = performance.now() - begun;
      await end();
      return time;
    },
  });
  report('start of a virtual machine, request to QEMU running', start, { name: 'by hand', sample: hand });
  report('forced stop of a virtual machine', stop);
});

test('start and forced stop of a virtual machine, beside libvirt', async (t) => {
  const lack = Libvirt.lacks();
  if (lack !== '') {
    reportFigure('start of a virtual machine beside libvirt', `skipped: ${lack}`);
    t.skip(lack);
  }
  const disk = plan.root.kind === 'disk' ? plan.root.path : '';
  const libvirt = await Libvirt.open(vms.folder, { disk, firmware: vms.host.firmware ?? '' });
  const times = await inTurn({
    ...ours,
    theirStart: () => duration(() => libvirt.start()),
    theirStop: () => duration(() => libvirt.destroy()),
  });
  await libvirt.close();
  report('start of a virtual machine', times.start, { name: 'libvirt', sample: times.theirStart });
  report('forced stop of a virtual machine', times.stop, { name: 'libvirt', sample: times.theirStop });
});

test('memory of a virtual machine beyond that of its guest', async () => {
  const { pid } = await engine.start(plan, never);
  const rollup = readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8');
  const kib = (name: string): number => Number(new RegExp(`^${name}:\\s+(\\d+)`, 'm').exec(rollup)?.[1]);
  reportFigure(
    'QEMU with an idle guest that uses next to nothing, its own pages',
    `${((kib('Private_Clean') + kib('Private_Dirty')) / 1024).toFixed(0)} MiB`,
  );
  await engine.destroy(id);
});

test('pause and resume', async () => {
  await engine.start(plan, never);
  report(
    'pause and resume of a virtual machine',
    await sample(rounds, async () => {
      await engine.pause(id);
      await engine.resume(id);
    }),
  );
  await engine.destroy(id);
});
