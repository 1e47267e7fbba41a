import type { Socket } from 'node:net';

/** Runs other programs. Never through a shell; arguments are passed as they are. */
export interface Programs {
  /** Runs to the end. Throws `host` with the tail of what it said when it fails, unless `okExits` names the status. */
  run(argv: readonly string[], options?: RunOptions): Promise<RunResult>;
  /** Starts a program that goes on after this returns, in a session of its own. It may outlive the daemon. */
  spawn(argv: readonly string[], options?: SpawnOptions): Promise<SpawnedProgram>;
}

export interface RunOptions {
  signal?: AbortSignal | undefined;
  /** Killed after this long (default 60 s; 0: never); throws `timed-out`. */
  timeoutMs?: number;
  /** Text for its standard input. */
  input?: string;
  cwd?: string;
  env?: Record<string, string>;
  /** Exit statuses that are no failure, besides 0. */
  okExits?: readonly number[];
  /** Told of every line it prints, on either stream, while it runs. */
  onLine?: (line: string) => void;
  /** What it is doing and to what, for the error text: `build image "debian/12"`. */
  purpose?: string;
  /** cgroup v2 folder that it is born in. Default: the folder of the operation that runs now, if any. */
  leaf?: string;
}

export interface RunResult {
  exitCode: number;
  /** The newest 8 MiB. */
  stdout: string;
  stderr: string;
}

export interface SpawnOptions {
  cwd?: string | undefined;
  env?: Record<string, string> | undefined;
  /** File descriptors or 'ignore' for 0, 1, 2 and what follows (default: all ignored). */
  stdio?: readonly ('ignore' | 'pipe' | number)[];
  /**
   * As in `run`, but without a default: a program that goes on belongs to no operation. It enters the leaf before
   * it begins, which may be a moment after `spawn` has returned.
   */
  leaf?: string | undefined;
}

export interface SpawnedProgram {
  pid: number;
  /** Resolves when it ends, while this daemon lives. */
  exited: Promise<ProgramExit>;
  /** Our ends of its pipes; `null` where it has none. */
  child: ProgramStreams;
}

export interface ProgramStreams {
  stdin: Socket | null;
  stdout: Socket | null;
  stderr: Socket | null;
  /** All of them by descriptor number. */
  stdio: readonly (Socket | null)[];
}

export interface ProgramExit {
  code: number | null;
  signal: NodeJS.Signals | null;
}
