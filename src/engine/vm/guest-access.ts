import type { ExecRequest, ExecSession } from '../engine.ts';

/** How programs are run inside a virtual machine. */
export interface GuestAccess {
  /**
   * For a guest that runs, also one that an earlier daemon has started; `socketPath` leads to its serial port
   * `org.wadah.ssh.0`. Connects only when it is used.
   */
  open(socketPath: string): GuestShell;
}

export interface GuestShell {
  /** As `Engine.exec`. Throws `unavailable` while the guest does not answer. */
  exec(request: ExecRequest, signal: AbortSignal): Promise<ExecSession>;
  /** The guest began anew: what ran through it is over, what waits for it goes on waiting. */
  restart(): void;
  /** Lets go of the socket and ends what runs through it. */
  close(): void;
}
