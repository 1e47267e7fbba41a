import { check, libcFunction } from './libc.ts';

const adjtimex = libcFunction('adjtimex', 'int', ['void*']);

const timexBytes = 208; // struct timex, whose `modes` of 0 means: only tell
const TIME_ERROR = 5;

/** Whether the kernel's clock follows another one, as far as the kernel was told. Throws `host`. */
export function isClockSynchronised(): boolean {
  return check('adjtimex', 'the clock', adjtimex(Buffer.alloc(timexBytes))) !== TIME_ERROR;
}
