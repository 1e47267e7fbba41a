import type { CheckArea, CheckStatus } from '#model/doctor.ts';
import type { HostView } from './host-view.ts';

/** One thing that Wadah needs of a host, or that people run into. */
export interface Check {
  /** Permanent. */
  name: string;
  area: CheckArea;
  /** What is looked at, as a clause: `whether …`, `how much …`. */
  about: string;
  /** What it costs where all is not well. */
  meaning: string;
  /** The command that mends it, or a sentence on what helps. */
  remedy: string;
  /** It only reads some files: every start of the daemon can afford it. */
  isCheap?: true;
  /** Only root can find out. */
  needsRoot?: true;
  run(host: HostView): Result | Result[] | Promise<Result | Result[]>;
}

/** What was found, without what the check says anyway. Several where it looks at several things. */
export interface Result {
  status: CheckStatus;
  what: string;
  /** In place of the check's own. */
  meaning?: string;
  remedy?: string;
  /** Changes the host for the better, and tells what it changed. Safe: takes nothing away, and ends with the boot. */
  fix?: (host: HostView) => string | Promise<string>;
}

export const ok = (what: string): Result => ({ status: 'ok', what });
export const note = (what: string, more: Partial<Result> = {}): Result => ({ status: 'note', what, ...more });
export const warning = (what: string, more: Partial<Result> = {}): Result => ({
  status: 'warning',
  what,
  ...more,
});
export const problem = (what: string, more: Partial<Result> = {}): Result => ({
  status: 'problem',
  what,
  ...more,
});
