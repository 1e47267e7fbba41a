import { sleep } from '#base/wait.ts';
import { isAlive, readProc, startTimeOf } from '../process/proc.ts';
import { processesBelow } from './files.ts';

const endMs = 10_000;
const stepMs = 10;

interface Process {
  pid: number;
  startTime: string;
  residentKib: number;
  /** First of its pid namespace: with it, all the others end. */
  isInit: boolean;
}

/**
 * Ends the process of a group that holds most memory, as the kernel's out-of-memory killer would, and waits until it
 * is gone. False when none but an init is left.
 */
export async function killLargest(folder: string): Promise<boolean> {
  const found = (await processesBelow(folder)).flatMap((pid) => look(pid) ?? []);
  const [largest] = found.filter(({ isInit }) => !isInit).sort((a, b) => b.residentKib - a.residentKib);
  if (!largest) return false;
  const { pid, startTime } = largest;
  if (isAlive(pid, startTime)) process.kill(pid, 'SIGKILL');
  for (let waitedMs = 0; waitedMs < endMs && isAlive(pid, startTime); waitedMs += stepMs) await sleep(stepMs);
  return true;
}

function look(pid: number): Process | undefined {
  const startTime = startTimeOf(pid);
  const status = readProc(pid, 'status');
  if (startTime === undefined || status === undefined) return undefined;
  const innermost = /^NSpid:.*\t(\d+)$/m.exec(status)?.[1];
  return {
    pid,
    startTime,
    residentKib: Number(/^VmRSS:\s+(\d+)/m.exec(status)?.[1] ?? 0),
    isInit: innermost === '1',
  };
}
