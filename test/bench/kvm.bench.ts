import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { connect, type Socket } from 'node:net';
import path from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, test } from 'vitest';
import { QmpClient } from '#engine/vm/qmp/qmp-client.ts';
import { askEngine } from '#host/kvm/ask-engine.ts';
import { KvmDevice } from '#host/kvm/device.ts';
import { Guest } from '#host/kvm/guest.ts';
import { readKvmHost } from '#host/kvm/host-facts.ts';
import { measureGuest } from '#host/kvm/measure.ts';
import { RamFile } from '#host/kvm/ram.ts';
import { spin, tinyrom } from '#host/kvm/tinyrom.ts';
import { HostPrograms } from '#host/process/host-programs.ts';
import { speedText } from '#model/kvm.ts';
import { eventually } from '../harness/host.ts';
import { report, reportFigure, sample } from '../harness/measure.ts';

const qemu = '/usr/bin/qemu-system-x86_64';
const instructions = spin.turns * spin.instructionsPerTurn;
const hasKvm = readKvmHost().device === 'usable';
const hasBinutils = existsSync('/usr/bin/as') && existsSync('/usr/bin/ld');

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp('/tmp/wadah-kvm-bench-');
});
afterAll(() => rm(folder, { recursive: true }));

/** The best of a few, in instructions per second. */
const best = async (times: number, measure: () => Promise<number> | number): Promise<number> => {
  const rates: number[] = [];
  for (let round = 0; round < times; round += 1) rates.push(await measure());
  return Math.max(...rates);
};

/** A program that is tinyrom's loop and nothing else; `turns` of it. */
async function bareLoop(turns: number): Promise<string> {
  const [source, object, program] = ['s', 'o', 'run'].map((ending) =>
    path.join(folder, `${turns}.${ending}`),
  );
  const text = `.globl _start\n_start: mov $${turns}, %ecx\n1: dec %ecx\njnz 1b\nmov $60, %eax\nxor %edi, %edi\nsyscall\n`;
  await writeFile(source!, text);
  execFileSync('as', ['-o', object!, source!]);
  execFileSync('ld', ['-o', program!, object!]);
  return program!;
}

/** What the loop costs beyond a run without it. */
async function rateOf(whole: () => Promise<unknown>, without: () => Promise<unknown>): Promise<number> {
  const [long, short] = [await sample(3, whole), await sample(3, without)];
  return instructions / ((long.minMs - short.minMs) / 1000);
}

async function bareRate(): Promise<number> {
  const [whole, without] = [await bareLoop(spin.turns), await bareLoop(1)];
  return rateOf(
    () => execa(whole),
    () => execa(without),
  );
}

/** The best of three rounds, without what QEMU takes to start. */
async function qemuRate(acceleration: readonly string[], letter: 'k' | 'w'): Promise<number> {
  const firmware = path.join(folder, 'tinyrom.bin');
  await writeFile(firmware, tinyrom());
  const bestMs = async (input: string): Promise<number> => {
    const times: number[] = [];
    for (let round = 0; round < 3; round += 1) times.push(await runMs(acceleration, firmware, input));
    return Math.min(...times);
  };
  return instructions / (((await bestMs(`${letter}p`)) - (await bestMs('p'))) / 1000);
}

/** From power-on to power-off. What is typed waits when the guest begins: what ring 0 does not find, it passes over. */
async function runMs(acceleration: readonly string[], firmware: string, input: string): Promise<number> {
  const [qmp, serial] = [path.join(folder, 'qmp'), path.join(folder, 'serial')];
  const program = execa(
    qemu,
    [
      ...['-nodefaults', '-no-user-config', '-display', 'none', '-machine', 'q35', '-m', '64', '-S'],
      ...[...acceleration, '-bios', firmware, '-qmp', `unix:${qmp},server=on,wait=off`],
      ...['-chardev', `socket,id=s,path=${serial},server=on,wait=off`, '-serial', 'chardev:s'],
      ...['-device', 'isa-debug-exit,iobase=0x501,iosize=1'],
    ],
    { reject: false },
  );
  const keys = await eventually(() => connected(serial));
  keys.resume().write(input);
  const client = await eventually(() => QmpClient.connect(qmp, () => {}));
  await client.execute('query-status');
  const begun = performance.now();
  client.execute('cont').catch(() => undefined); // it may end before it answers
  await program;
  keys.destroy();
  client.close();
  return performance.now() - begun;
}

async function connected(socketPath: string): Promise<Socket> {
  const socket = connect(socketPath);
  await once(socket, 'connect');
  return socket.on('error', () => {});
}

test.skipIf(!hasKvm || !hasBinutils)('the same loop bare, under our engine and under QEMU', async () => {
  const bare = await bareRate();
  const tell = (what: string, instructionsPerSecond: number) =>
    reportFigure(
      what,
      `${speedText({ instructionsPerSecond, ms: 0 })}; ratio ${(instructionsPerSecond / bare).toFixed(4)}`,
    );
  tell('loop, bare', bare);
  const device = new KvmDevice();
  tell(
    'loop in ring 3, our engine',
    await best(5, () => measureGuest(device).userMode.instructionsPerSecond),
  );
  tell(
    'loop in ring 0, our engine',
    await best(5, () => measureGuest(device).kernelMode.instructionsPerSecond),
  );
  device.close();
  if (!existsSync(qemu)) return;
  tell('loop in ring 3, QEMU with KVM', await qemuRate(['-accel', 'kvm', '-cpu', 'kvm64'], 'w'));
  tell('loop in ring 3, QEMU with TCG', await qemuRate(['-accel', 'tcg'], 'w'));
  tell('loop in ring 0, QEMU with TCG', await qemuRate(['-accel', 'tcg'], 'k'));
});

test('the verdict', async () => {
  const programs = new HostPrograms();
  const engine = path.join(import.meta.dirname, '../../dist/kvm-engine.mjs');
  const start = await sample(10, () => programs.run([process.execPath, '-e', '0']));
  const inside: number[] = [];
  const whole = await sample(10, async () => {
    const { verdict } = await askEngine(programs, engine);
    inside.push(verdict.ms);
  });
  report('verdict, with its process', whole, { name: 'starting Node alone', sample: start });
  reportFigure('verdict, inside its process', `${Math.min(...inside).toFixed(1)} ms at best`);
});

test.skipIf(!hasKvm)('a guest from power-on to ring 3, and clones of it', async () => {
  const device = new KvmDevice();
  const fresh = await sample(20, async () => {
    const guest = Guest.powerOn(device);
    guest.runToPrompt();
    guest.close();
  });
  const file = new RamFile();
  const template = Guest.powerOn(device, file);
  template.runToPrompt();
  const state = template.save();
  const clones = await sample(60, async () => {
    const clone = Guest.resume(device, file, state);
    clone.step();
    clone.close();
  });
  report('clone of a guest to its first exit', clones, { name: 'power-on to ring 3', sample: fresh });
  template.close();
  file.close();
  device.close();
});
