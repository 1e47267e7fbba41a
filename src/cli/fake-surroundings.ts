import { EventEmitter } from 'node:events';
import { PassThrough } from 'node:stream';
import { root } from './commands/root.ts';
import { run } from './run.ts';
import type { InputStream, OutputStream, Surroundings } from './surroundings.ts';

export interface Pretence {
  /** What is typed or piped; without `keepsTyping` it ends there. */
  input?: string;
  keepsTyping?: boolean;
  isTerminal?: boolean;
  hasColours?: boolean;
  columns?: number;
  env?: NodeJS.ProcessEnv;
  /** Default: there is none. */
  kvmEngine?: string;
  /** Default: there is none. */
  doctor?: string;
}

/** A process for the command line in which a test sees everything. */
export class FakeSurroundings implements Surroundings {
  readonly argv: readonly string[];
  readonly env: NodeJS.ProcessEnv;
  readonly stdin: InputStream;
  readonly stdout: OutputStream;
  readonly stderr: OutputStream;
  readonly signals = new EventEmitter();
  readonly kvmEngine: string;
  readonly doctor: string;
  readonly exits: number[] = [];
  isRaw = false;
  readonly #written = { stdout: '', stderr: '' };

  constructor(argv: readonly string[], pretence: Pretence = {}) {
    this.argv = argv;
    this.kvmEngine = pretence.kvmEngine ?? '/nonexistent';
    this.doctor = pretence.doctor ?? '/nonexistent';
    this.env = { LANG: 'C.UTF-8', ...pretence.env };
    const stdin: InputStream = new PassThrough();
    stdin.isTTY = pretence.isTerminal === true;
    if (pretence.input !== undefined) (stdin as PassThrough).write(pretence.input);
    if (!pretence.keepsTyping) (stdin as PassThrough).end();
    this.stdin = stdin;
    this.stdout = this.#stream('stdout', pretence);
    this.stderr = this.#stream('stderr', pretence);
  }

  get out(): string {
    return this.#written.stdout;
  }

  get err(): string {
    return this.#written.stderr;
  }

  async setRawMode(isRaw: boolean): Promise<void> {
    this.isRaw = isRaw;
  }

  exit(status: number): void {
    this.exits.push(status);
  }

  #stream(name: 'stdout' | 'stderr', { isTerminal, hasColours, columns }: Pretence): OutputStream {
    const stream: OutputStream = new PassThrough();
    stream.on('data', (chunk: Buffer) => {
      this.#written[name] += chunk.toString();
    });
    stream.isTTY = isTerminal === true;
    stream.hasColors = () => hasColours === true;
    if (columns !== undefined) stream.columns = columns;
    return stream;
  }
}

/** Runs a command line to its end. */
export async function runLine(
  daemon: { socket: string },
  argv: readonly string[],
  pretence: Pretence = {},
): Promise<{ status: number; out: string; err: string }> {
  const surroundings = new FakeSurroundings(argv, {
    ...pretence,
    env: { WADAH_SOCKET: daemon.socket, ...pretence.env },
  });
  const status = await run(surroundings, root);
  // What was written last has yet to flow through.
  await new Promise(setImmediate);
  return { status, out: surroundings.out, err: surroundings.err };
}
