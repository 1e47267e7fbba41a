import type { ImageInit } from '#model/image.ts';
import type { InstanceType } from '#model/instance.ts';
import type { OperationProgress } from '#model/operation.ts';

/** How an image is made from packages of this host's distribution mirrors. */
export interface Recipe {
  /** `debian/12`; also the alias it gets. */
  name: string;
  /** For people. */
  description: string;
  types: InstanceType[];
  architecture: string;
  properties: Record<string, string>;
  init: ImageInit;
  /** Room on the disk that a build takes at most. */
  buildBytes: number;
  /**
   * Fills `folder` with `rootfs/` and, for images that boot alone, `kernel`, `initrd` and `modules/`.
   * Whatever it does is inside `folder`; programs run through the injected `Programs`.
   */
  build(folder: string, signal: AbortSignal, report: (progress: OperationProgress) => void): Promise<void>;
}
