import type { RootUsage } from './root-usage.ts';

/** Where trees of images and disks of instances lie. The folder is 0700; trees hold the guests' own ids. */
export interface Pool {
  /** An empty folder in which an image's tree is made; same file system as `publishImage` moves it to. */
  makeBuildFolder(name: string): Promise<string>;
  /** Nothing there: succeeds, like the other removals. */
  removeBuildFolder(name: string): Promise<void>;
  /**
   * Moves a finished tree (`rootfs/`, optional `kernel`, `initrd` …) to its fingerprint and resolves when it would
   * survive a power cut. There already: drops the new one.
   */
  publishImage(buildFolder: string, fingerprint: string): Promise<void>;
  removeImage(fingerprint: string): Promise<void>;
  /** Folder of a published image: `<folder>/rootfs` is its tree. */
  imageFolder(fingerprint: string): string;
  /**
   * An empty root disk on top of an image; copies nothing. There already: changes nothing.
   * Throws `not-found` without the image.
   */
  makeRoot(id: string, fingerprint: string): Promise<void>;
  /**
   * To be called before a root disk is used: makes it ready, with those limits. One that had none so far, or another one
   * of inodes, gets a file system of its own then, and its content moves there. Throws `insufficient`.
   */
  openRoot(id: string, limits: RootLimits): Promise<void>;
  /** Whether all limits of one that is open can be changed, also from none to one. Otherwise only the size of one that has one. */
  isRootLimitedLive(id: string): boolean;
  /** Changes the limits of one that is open. Throws `insufficient`, `unsupported`. */
  limitRoot(id: string, limits: RootLimits): Promise<void>;
  /** Nobody uses it any more. Not open: succeeds. */
  closeRoot(id: string): Promise<void>;
  /**
   * What a root disk of either kind holds: from few files, or when `isWhole`, for whoever asks, by looking through all
   * of it where nothing else tells.
   */
  rootUsage(id: string, how: { isWhole: boolean }): Promise<RootUsage>;
  rootLayers(id: string, fingerprint: string): RootLayers;
  /**
   * The disk on which those of virtual machines stand: the image's tree with its kernel's modules, ext4, raw and
   * sparse. Made once for an image and removed with it. Throws `not-found` without the image.
   */
  makeBaseDisk(fingerprint: string, signal: AbortSignal): Promise<void>;
  /** A qcow2 disk on top of the base disk; copies nothing. There already: changes nothing. Throws `not-found`. */
  makeDisk(id: string, fingerprint: string, sizeBytes: number): Promise<void>;
  disk(id: string, fingerprint: string): Disk;
  /** Of either kind. */
  removeRoot(id: string): Promise<void>;
  /** Ids of instances and fingerprints of images that have something in the pool; build folders by name. */
  contents(): Promise<{ roots: string[]; images: string[]; builds: string[] }>;
  space(): Promise<{ totalBytes: number; freeBytes: number }>;
  /** Deletes what a crash left half-removed. Once, after the daemon's start; may take long. */
  clearTrash(): Promise<void>;
}

export interface RootLayers {
  lower: string[];
  upper: string;
  work: string;
}

/** `undefined`: the room of the pool, and as many inodes as that has. */
export interface RootLimits {
  sizeBytes: number | undefined;
  /** Files, folders and whatever else has a place on the disk. */
  inodes: number | undefined;
}

/** A qcow2 file and the raw one that it stands on. */
export interface Disk {
  path: string;
  base: string;
  /** Of the file system on it, by which a kernel finds the disk to boot from. */
  uuid: string;
}
