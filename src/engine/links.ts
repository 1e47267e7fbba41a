import { readFile } from 'node:fs/promises';
import { writeFileSync } from 'node:fs';
import { shaperOf } from '#host/network/shaping.ts';
import { removeLinks } from '#host/network/veth.ts';
import { systemErrorCode } from '#host/sys/libc.ts';
import type { NicPlan } from './engine.ts';

/** Writes down which links a run is going to have on the host, before it has any. */
export function rememberLinks(file: string, nics: readonly NicPlan[]): void {
  writeFileSync(file, nics.map(({ hostName }) => hostName).join('\n'));
}

/** Takes those links away, and what shaped them. None remembered, or none there: succeeds. */
export async function removeRememberedLinks(file: string): Promise<void> {
  const text = await readFile(file, 'utf8').catch((error: unknown) => {
    if (systemErrorCode(error) !== 'ENOENT') throw error;
    return '';
  });
  const names = text.split('\n').filter(Boolean);
  await removeLinks([...names, ...names.map(shaperOf)]);
}
