/** Where trees of images and disks of instances lie. The folder is 0700; trees hold the guests' own ids. */
export interface Pool {
  /** A fresh folder in which an image's tree is made; same file system as `publishImage` moves it to. */
  makeBuildFolder(name: string): Promise<string>;
  /** Moves a finished tree (`rootfs/`, optional `kernel`, `initrd` …) to its fingerprint. There already: drops the new one. */
  publishImage(buildFolder: string, fingerprint: string): Promise<void>;
  removeImage(fingerprint: string): Promise<void>;
  /** Folder of a published image: `<folder>/rootfs` is its tree. */
  imageFolder(fingerprint: string): string;
  /** An empty root disk on top of an image; copies nothing. There already: changes nothing. */
  makeRoot(id: string, fingerprint: string): Promise<void>;
  rootLayers(id: string, fingerprint: string): RootLayers;
  removeRoot(id: string): Promise<void>;
  /** Ids of instances and fingerprints of images that have something in the pool; build folders by name. */
  contents(): Promise<{ roots: string[]; images: string[]; builds: string[] }>;
  space(): Promise<{ totalBytes: number; freeBytes: number }>;
}

export interface RootLayers {
  lower: string[];
  upper: string;
  work: string;
}
