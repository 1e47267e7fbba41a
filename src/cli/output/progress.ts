import type { OutputStream } from '../surroundings.ts';
import { printable, truncate } from './text.ts';

const frames = ['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏'];
const frameMs = 100;
// What is over sooner than this shows no progress at all.
const patienceMs = 300;
const eraseLine = '\r\u001b[K';

/**
 * What is going on, in one line at the bottom of a terminal that leaves no trace. Where there is no terminal
 * nothing is shown, or, when asked, every new text as a line of its own, each tenth of what is told in percent.
 */
export class Progress {
  readonly #stream: OutputStream;
  readonly #isAnimated: boolean;
  readonly #isListed: boolean;
  readonly #texts = new Map<string, string>();
  #timer: NodeJS.Timeout | undefined;
  #begin = 0;
  #frame = 0;
  #isDrawn = false;

  constructor(stream: OutputStream, options: { isQuiet: boolean; isVerbose: boolean }) {
    this.#stream = stream;
    this.#isAnimated = stream.isTTY === true && !options.isQuiet;
    this.#isListed = !this.#isAnimated && options.isVerbose;
  }

  /** Whether anybody sees it. */
  get isShown(): boolean {
    return this.#isAnimated || this.#isListed;
  }

  /** Says what the job named `key` is doing. */
  update(key: string, text: string): void {
    const shown = printable(text);
    const before = this.#texts.get(key);
    if (before === shown) return;
    this.#texts.set(key, shown);
    if (this.#isListed && (before === undefined || inTenths(before) !== inTenths(shown)))
      this.#stream.write(`${shown}\n`);
    if (this.#isAnimated) this.#animate();
  }

  /** The job is over. */
  done(key: string): void {
    this.#texts.delete(key);
    if (this.#texts.size > 0) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
    this.erase();
  }

  /** Makes room for other output; what goes on is drawn again later. */
  erase(): void {
    if (!this.#isDrawn) return;
    this.#stream.write(eraseLine);
    this.#isDrawn = false;
  }

  #animate(): void {
    if (this.#timer) return;
    this.#begin = performance.now();
    this.#timer = setInterval(() => this.#draw(), frameMs);
    this.#timer.unref();
  }

  #draw(): void {
    const elapsedMs = performance.now() - this.#begin;
    if (elapsedMs < patienceMs) return;
    this.#frame = (this.#frame + 1) % frames.length;
    const [first = '', ...others] = this.#texts.values();
    const more = others.length > 0 ? ` (and ${others.length} more)` : '';
    const seconds = elapsedMs >= 3000 ? ` ${Math.round(elapsedMs / 1000)} s` : '';
    const line = truncate(
      `${frames[this.#frame]} ${first}${more}${seconds}`,
      (this.#stream.columns ?? 80) - 1,
    );
    this.#stream.write(`${eraseLine}${line}`);
    this.#isDrawn = true;
  }
}

/** `Unpacking 42% (7MiB/s)` as `Unpacking 40%`. */
const inTenths = (text: string): string => text.replace(/\d%.*$/, '0%');
