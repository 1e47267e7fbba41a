import { readFile } from 'node:fs/promises';

const mostChars = 300;

/** The last line that QEMU wrote to its log, without its own name; empty when there is none. */
export async function lastWords(path: string): Promise<string> {
  const line = (await linesOf(path)).pop() ?? '';
  return line.replace(/^qemu-system-\w+: /, '').slice(0, mostChars);
}

/** What QEMU wrote when KVM met an instruction that it cannot carry out; many lines of registers follow it. */
export async function kvmComplaint(path: string): Promise<string> {
  const lines = await linesOf(path);
  const complaint = lines.findLast((line) => line.startsWith('KVM internal error')) ?? 'KVM internal error';
  const bytes = lines.findLast((line) => line.startsWith('Code=')) ?? '';
  return `${complaint} ${bytes}`.trim().slice(0, mostChars);
}

async function linesOf(path: string): Promise<string[]> {
  const text = await readFile(path, 'utf8').catch(() => '');
  return text.split('\n').filter((line) => line.trim() !== '');
}
