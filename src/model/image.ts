import type { InstanceType } from './instance.ts';

/** What instances start from. Its tree lies in the pool, named by the fingerprint. */
export interface Image {
  project: string;
  /** SHA-256 of what it was made from, 64 lower-case hexadecimal digits. */
  fingerprint: string;
  /** Which types can start from it; an image with a kernel serves both. */
  types: InstanceType[];
  architecture: string;
  /** Free text such as os, release, variant, description, serial. */
  properties: Record<string, string>;
  /** Bytes on disk. */
  sizeBytes: number;
  /** RFC 3339, UTC. */
  createdAt: string;
  uploadedAt: string;
  lastUsedAt: string | undefined;
  /** How the guest's init is asked to stop, and whether it tells when it is ready. */
  init: ImageInit;
  /** Where it came from, for people: `build debian/12`. */
  origin: string;
}

export interface ImageInit {
  /** Program and arguments of pid 1. */
  command: string[];
  /** Signal that asks it to power off: systemd SIGRTMIN+3, busybox SIGUSR2. */
  stopSignal: string;
  /** True when it sends READY=1 to NOTIFY_SOCKET (systemd). */
  notifiesReady: boolean;
}

/** Another name of an image, unique within a project. */
export interface ImageAlias {
  project: string;
  name: string;
  description: string;
  fingerprint: string;
}
