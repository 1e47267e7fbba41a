const receiverReady = 0x01;
const transmitterEmpty = 0x60;
const divisorLatch = 0x80; // bit of the line control register: registers 0 and 1 are the divisor of the baud rate
const bytes = { data: 0, interruptEnable: 1, lineControl: 3, lineStatus: 5, modemStatus: 6 } as const;

/** What has not been read yet and what was written, for saving. */
export interface UartState {
  input: readonly number[];
  registers: readonly number[];
}

/**
 * A serial port as a 16550 has it, without its interrupts: the guest asks whether a byte waits. A byte that it sends is
 * gone at once, so it never has to wait for the line.
 */
export class Uart {
  static readonly portCount = 8;
  readonly #send: (byte: number) => void;
  readonly #registers = Buffer.alloc(Uart.portCount);
  readonly #divisor = Buffer.from([1, 0]);
  #input: number[] = [];

  constructor(send: (byte: number) => void) {
    this.#send = send;
  }

  /** Puts text on the line, to be read by the guest. */
  receive(text: string): void {
    this.#input.push(...Buffer.from(text, 'latin1'));
  }

  get hasInput(): boolean {
    return this.#input.length > 0;
  }

  read(register: number): number {
    if (this.#isDivisor(register)) return this.#divisor[register] ?? 0;
    if (register === bytes.data) return this.#input.shift() ?? 0;
    if (register === bytes.lineStatus) return transmitterEmpty | (this.hasInput ? receiverReady : 0);
    if (register === bytes.modemStatus) return 0xb0; // somebody is there and ready
    return this.#registers[register] ?? 0;
  }

  write(register: number, value: number): void {
    if (this.#isDivisor(register)) this.#divisor[register] = value;
    else if (register === bytes.data) this.#send(value);
    else this.#registers[register] = value;
  }

  save(): UartState {
    return { input: [...this.#input], registers: [...this.#registers] };
  }

  load(state: UartState): void {
    this.#input = [...state.input];
    this.#registers.set(state.registers);
  }

  #isDivisor(register: number): boolean {
    return (
      register <= bytes.interruptEnable && ((this.#registers[bytes.lineControl] ?? 0) & divisorLatch) !== 0
    );
  }
}
