import type { Exit } from './exits.ts';
import { Uart } from './uart.ts';

/** What we did about an exit. */
export type Answer =
  /** The guest sent a character on its serial port. */
  | { kind: 'sent'; text: string }
  /** It took one. */
  | { kind: 'taken'; text: string }
  /** It asked whether one waits. */
  | { kind: 'status'; hasInput: boolean }
  | { kind: 'powered-off' }
  /** There is nothing at that port or address: a read finds all bits set, a write goes nowhere. */
  | { kind: 'nobody'; wasRead: boolean }
  /** There was nothing to answer; the guest can run on. */
  | { kind: 'on' }
  /** No answer would let the guest run on. */
  | { kind: 'none' };

const uartPort = 0x3f8;
const lineStatus = 5;
const debugExitPort = 0x501;

/** The devices of a PC that tinyrom needs: a serial port, and QEMU's port for ending a test. */
export class PcDevices {
  /** Everything that came out of the serial port. */
  written = '';
  readonly uart = new Uart((byte) => {
    this.written += String.fromCharCode(byte);
  });

  answer(exit: Exit): Answer {
    if (exit.kind === 'interrupted') return { kind: 'on' };
    if (exit.kind === 'io') return this.#port(exit);
    if (exit.kind !== 'mmio') return { kind: 'none' };
    return this.#nobody(exit.data, exit.direction === 'read');
  }

  #port({ direction, port, size, data }: Exit & { kind: 'io' }): Answer {
    if (direction === 'out' && port === debugExitPort) return { kind: 'powered-off' };
    const register = port - uartPort;
    if (size === 1 && register >= 0 && register < Uart.portCount) {
      return direction === 'out' ? this.#send(register, data) : this.#take(register, data);
    }
    return this.#nobody(data, direction === 'in');
  }

  #nobody(data: Buffer, wasRead: boolean): Answer {
    if (wasRead) data.fill(0xff);
    return { kind: 'nobody', wasRead };
  }

  // One instruction with a repeat prefix comes as one exit with many bytes.
  #send(register: number, data: Buffer): Answer {
    const before = this.written.length;
    for (const byte of data) this.uart.write(register, byte);
    const text = this.written.slice(before);
    return text === '' ? { kind: 'on' } : { kind: 'sent', text };
  }

  #take(register: number, data: Buffer): Answer {
    const { hasInput } = this.uart;
    for (let index = 0; index < data.length; index += 1) data[index] = this.uart.read(register);
    if (register === lineStatus) return { kind: 'status', hasInput };
    return register === 0 && hasInput ? { kind: 'taken', text: data.toString('latin1') } : { kind: 'on' };
  }
}
