import assert from 'node:assert/strict';
import { test } from 'vitest';
import { Uart } from './uart.ts';

const [data, interruptEnable, lineControl, lineStatus, scratch] = [0, 1, 3, 5, 7] as const;

function makeUart() {
  const sent: number[] = [];
  return { uart: new Uart((byte) => sent.push(byte)), sent };
}

test('what the guest writes is sent in order, and the line is always free', () => {
  const { uart, sent } = makeUart();
  uart.write(data, 0x68);
  uart.write(data, 0x69);
  assert.deepEqual(sent, [0x68, 0x69]);
  assert.equal(uart.read(lineStatus), 0x60);
});

test('line status says that a byte waits until the last one was taken', () => {
  const { uart } = makeUart();
  uart.receive('ab');
  assert.equal(uart.read(lineStatus), 0x61);
  assert.equal(uart.read(data), 0x61);
  assert.equal(uart.read(lineStatus), 0x61);
  assert.equal(uart.read(data), 0x62);
  assert.equal(uart.read(lineStatus), 0x60);
  assert.equal(uart.read(data), 0);
});

test('while the divisor is open, nothing is sent or taken and the speed is kept', () => {
  const { uart, sent } = makeUart();
  uart.receive('x');
  uart.write(interruptEnable, 5);
  uart.write(lineControl, 0x83);
  uart.write(data, 12);
  assert.equal(uart.read(data), 12);
  assert.equal(uart.read(interruptEnable), 0);
  uart.write(lineControl, 0x03);
  assert.deepEqual(sent, []);
  assert.equal(uart.read(interruptEnable), 5);
  assert.equal(uart.read(data), 0x78);
});

test('a loaded port goes on where the saved one was', () => {
  const { uart } = makeUart();
  uart.receive('ab');
  uart.write(scratch, 7);
  const copy = makeUart().uart;
  copy.load(uart.save());
  uart.read(data);
  assert.equal(copy.read(data), 0x61);
  assert.equal(copy.read(scratch), 7);
});
