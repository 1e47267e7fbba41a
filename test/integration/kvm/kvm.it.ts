import assert from 'node:assert/strict';
import { afterAll, beforeAll, describe, onTestFinished, test } from 'vitest';
import { KvmDevice } from '#host/kvm/device.ts';
import { Guest } from '#host/kvm/guest.ts';
import { readKvmHost } from '#host/kvm/host-facts.ts';
import { measureGuest } from '#host/kvm/measure.ts';
import { RamFile } from '#host/kvm/ram.ts';
import { judge } from '#host/kvm/verdict.ts';
import { interruptEvery } from '#host/sys/interval-timer.ts';
import { speedText } from '#model/kvm.ts';
import { reportFigure } from '../../harness/measure.ts';
import { runBareGuest } from './bare-guest.ts';

const host = readKvmHost();
const lack = host.device === 'usable' ? '' : ` (skipped: /dev/kvm is ${host.device})`;

describe.skipIf(lack !== '')(`our KVM engine on the host's real KVM${lack}`, () => {
  let device: KvmDevice;
  beforeAll(() => {
    device = new KvmDevice();
  });
  afterAll(() => device.close());

  function closedAfterwards<T extends { close(): void }>(resource: T): T {
    onTestFinished(() => resource.close());
    return resource;
  }

  /** A guest that waits for letters in ring 3. */
  function readyGuest(file?: RamFile): Guest {
    const guest = closedAfterwards(Guest.powerOn(device, file));
    guest.runToPrompt();
    return guest;
  }

  test('a guest goes from nothing through real, protected and long mode to ring 3', () => {
    const guest = readyGuest();
    assert.equal(guest.devices.written, 'TINYROM r16\nTINYROM p32\nTINYROM long cpl0\nTINYROM ring3 READY\n');
    assert.deepEqual(
      guest.ledger.rows.map(({ place }) => place),
      [
        { mode: 'real', ring: 0 },
        { mode: 'protected', ring: 0 },
        { mode: 'long', ring: 0 },
        { mode: 'long', ring: 3 },
      ],
    );
  });

  test('letters are answered, and the last one powers it off', () => {
    const guest = readyGuest();
    assert.equal(guest.command('x'), 'x');
    assert.equal(guest.command('hello'), 'hello');
    assert.match(guest.command('c'), /^[\da-f]{16}\n$/);
    const last = guest.command('p');
    assert.equal(last, '');
    assert.equal(guest.ledger.rows.at(-1)?.reasons['io'], guest.ledger.rows.at(-1)?.exits);
  });

  test('a letter that waits at power-on is not lost on the way to ring 3', () => {
    const guest = closedAfterwards(Guest.powerOn(device));
    assert.match(guest.command('x'), /READY\nx$/);
  });

  test('where there is no memory, reads find all bits set', () => {
    const guest = readyGuest();
    assert.equal(guest.command('d'), '00000000ffffffff\n');
    assert.equal(guest.ledger.rows.at(-1)?.reasons['mmio'], 2);
  });

  test('the same loop runs in ring 0 and in ring 3, and the verdict follows from both', () => {
    const measurement = measureGuest(device);
    const { kernelMode, userMode } = measurement;
    reportFigure('ring 0', speedText(kernelMode));
    reportFigure('ring 3', speedText(userMode));
    assert.ok(kernelMode.instructionsPerSecond > 0 && userMode.instructionsPerSecond > 0);
    const { verdict } = judge(host, { kind: 'measured', measurement });
    assert.notEqual(verdict, 'none');
    if (kernelMode.emulatedShare !== undefined) {
      assert.equal(verdict, kernelMode.emulatedShare > 0.5 ? 'kvm-user-mode-only' : 'kvm');
    }
  });

  test('which pages a guest writes is known, each once, and the log begins anew', () => {
    const guest = readyGuest();
    guest.logDirtyPages();
    guest.takeDirtyPages();
    guest.command('m');
    const pages = new Set(guest.takeDirtyPages());
    const written = Array.from({ length: (64 * 2 ** 20) / 4096 }, (_, index) => 512 + index);
    assert.deepEqual(
      written.filter((page) => !pages.has(page)),
      [],
    );
    assert.ok(pages.size < written.length + 16, `${pages.size} pages`);
    guest.command('x');
    assert.ok(guest.takeDirtyPages().length < 16);
  });

  test('clones go on where their template was, and none sees what another writes', () => {
    const file = closedAfterwards(new RamFile());
    const template = readyGuest(file);
    const state = template.save();
    const clones = [1, 2, 3].map(() => closedAfterwards(Guest.resume(device, file, state)));
    const word = 0x200000;
    const before = template.memory.readBigUInt64LE(word);
    clones.forEach((clone, index) => {
      for (let round = 0; round <= index; round += 1) assert.match(clone.command('m'), /^[\da-f]{16}\n$/);
    });
    const sums = clones.map((clone) => clone.memory.readBigUInt64LE(word));
    assert.equal(template.memory.readBigUInt64LE(word), before);
    assert.equal(new Set(sums).size, 3);
    assert.ok(sums.every((sum) => sum > before));
  });

  test('a guest whose registers are loaded again repeats what it did since they were saved', () => {
    const guest = readyGuest();
    const state = guest.save();
    const first = guest.command('c');
    const later = guest.command('c');
    guest.load(state);
    assert.notEqual(later, first);
    assert.equal(guest.command('c'), first);
  });

  test('a save right after a read that we answered has the answer in it', () => {
    const guest = readyGuest();
    guest.devices.uart.receive('c');
    guest.runUntil(({ answer }) => answer.kind === 'taken');
    const state = guest.save();
    assert.equal(state.vcpu.general.readUInt8(0), 'c'.charCodeAt(0)); // AL
  });

  test('a guest that never comes back is interrupted by a signal, and can be taken up again', () => {
    const guest = readyGuest();
    guest.devices.uart.receive('w');
    guest.runUntil(({ answer }) => answer.kind === 'taken');
    const timer = interruptEvery(1);
    const { exit } = guest.step();
    timer.stop();
    assert.equal(exit.kind, 'interrupted');
    const registers = guest.vcpu.general;
    registers.set('rcx', 1n);
    guest.vcpu.general = registers;
    guest.runToPrompt();
    assert.match(guest.devices.written, /0000000020000000\n$/);
  });

  test('HLT comes back as such', () => {
    assert.deepEqual(runBareGuest(device, [0xf4]), { kind: 'hlt' });
  });

  test('a string of bytes to a port is one exit or one for each, never less than all', () => {
    // mov $0x1000,%si; mov $3,%cx; mov $0x3f8,%dx; rep outsb
    const exit = runBareGuest(device, [0xbe, 0x00, 0x10, 0xb9, 0x03, 0x00, 0xba, 0xf8, 0x03, 0xf3, 0x6e]);
    assert.ok(exit.kind === 'io' && exit.direction === 'out' && exit.port === 0x3f8);
    assert.equal(exit.data.length, exit.size * exit.count);
  });

  test('an instruction runs on the processor, or comes back with its bytes; nothing is lost', () => {
    const popcnt = [0xf3, 0x0f, 0xb8, 0xc0]; // popcnt %ax,%ax: no emulator of KVM has it
    const exit = runBareGuest(device, [...popcnt, 0xf4]);
    if (exit.kind === 'hlt') return;
    assert.ok(exit.kind === 'internal-error' && exit.error === 'emulation');
    assert.deepEqual([...(exit.instruction ?? [])].slice(0, 4), popcnt);
  });
});
