import type { FaultCode } from './fault.ts';

/** What the checks of a host are about, in the order in which they are shown. */
export const checkAreas = [
  'daemon',
  'kernel',
  'cgroups',
  'virtualization',
  'ids',
  'limits',
  'programs',
  'disk',
  'network',
  'time',
] as const;
export type CheckArea = (typeof checkAreas)[number];

/**
 * How well it is, worse from left to right: a `note` is good to know, with a `warning` something is missing, works less
 * well or will stop, with a `problem` the daemon or its containers do not work.
 */
export const checkStatuses = ['ok', 'note', 'warning', 'problem'] as const;
export type CheckStatus = (typeof checkStatuses)[number];

/** What one check of the host found. */
export interface Finding {
  /** Permanent name of the check. */
  check: string;
  area: CheckArea;
  status: CheckStatus;
  /** What is so. */
  what: string;
  /** What that means for instances; empty where all is well. */
  meaning: string;
  /** The command that mends it, or what else helps; empty where all is well, or where nothing helps. */
  remedy: string;
  /** Whether `fix` may do that. */
  fixable: boolean;
}

export interface DoctorReport {
  findings: Finding[];
  /** What was changed on the host, for people. */
  fixed: string[];
  /** What was to be changed, and why it could not be. */
  refused: string[];
}

/** What the program that needs no daemon is asked. */
export interface DoctorRequest {
  fix: boolean;
  /** Where the daemon keeps, or would keep, its state. */
  stateFolder: string;
  isDefaultFolder: boolean;
}

/** One document with what it answers. */
export type DoctorAnswer =
  | { type: 'report'; report: DoctorReport }
  | { type: 'fault'; code: FaultCode; message: string; hint?: string | undefined };

/** The worst of them. */
export function worstOf(findings: readonly Finding[]): CheckStatus {
  const ranks = findings.map(({ status }) => checkStatuses.indexOf(status));
  return checkStatuses[Math.max(0, ...ranks)] ?? 'ok';
}
