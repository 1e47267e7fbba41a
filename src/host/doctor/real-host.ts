import { existsSync, readFileSync } from 'node:fs';
import { realpath, statfs } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { KvmVerdict } from '#model/kvm.ts';
import { trySecurityPrograms } from '../beancounters/program-trial.ts';
import { type Claim, readClaims } from '../claims/claim-file.ts';
import { blockSpan, firstFreeBlock } from '../claims/host-claims.ts';
import { parseMountinfo, readMounts } from '../mount/mountinfo.ts';
import { networkNames } from '../network/object-names.ts';
import { ProcSysctls } from '../network/sysctls.ts';
import { findProgram } from '../process/find-program.ts';
import type { Programs } from '../process/programs.ts';
import { isClockSynchronised } from '../sys/clock.ts';
import type { HostView, IdSpan, Space } from './host-view.ts';
import { tryIdmap } from './idmap-trial.ts';

export interface RealHostOptions {
  programs: Programs;
  /** Where the daemon keeps, or would keep, its state. */
  stateFolder: string;
  isDefaultFolder: boolean;
  kvm(): Promise<KvmVerdict>;
}

/** The host that this process runs on. */
export async function realHost({
  programs,
  stateFolder,
  isDefaultFolder,
  kvm,
}: RealHostOptions): Promise<HostView> {
  const claims = readClaims();
  const existing = await nearest(stateFolder);
  const mine = claims.find(({ directory }) => directory === existing);
  return {
    stateFolder: existing,
    bridge: networkNames(mine?.mark ?? '', isDefaultFolder || mine === undefined).bridge,
    isRoot: process.geteuid?.() === 0,
    sysctls: new ProcSysctls(),
    programs,
    read,
    exists: existsSync,
    mounts: hostMounts,
    space: () => spaceAt(existing),
    findProgram,
    kvm,
    now: () => Date.now(),
    isClockSynchronised,
    tryIdmap: () => tryIdmap(programs, existing),
    trySecurityPrograms,
    idBlocks: () => blocksOf(claims, mine),
  };
}

/** The real path of the folder itself, or of the nearest one above it that is there. */
async function nearest(folder: string): Promise<string> {
  const found = await realpath(folder).catch(() => undefined);
  return found ?? (await nearest(dirname(folder)));
}

function read(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}

function hostMounts() {
  const text = read('/proc/1/mountinfo'); // others than root see their own alone
  return text === undefined || text === '' ? readMounts() : parseMountinfo(text);
}

async function spaceAt(folder: string): Promise<Space> {
  const { bsize, bavail, blocks, ffree, files } = await statfs(folder);
  return { freeBytes: bavail * bsize, totalBytes: blocks * bsize, freeInodes: ffree, totalInodes: files };
}

function blocksOf(claims: readonly Claim[], mine: Claim | undefined): IdSpan[] {
  if (mine && mine.idBlocks.length > 0) return mine.idBlocks.map(blockSpan);
  const next = firstFreeBlock(new Set(claims.flatMap(({ idBlocks }) => idBlocks)));
  return next === undefined ? [] : [blockSpan(next)];
}
