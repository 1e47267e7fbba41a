import path from 'node:path';
import { silentLogger } from '#base/logger.ts';
import type { Programs } from '#host/process/programs.ts';
import { HostProxies } from '#host/proxy/host-proxies.ts';

/** The proxies of a daemon, of which `root` is the v2 group and `run` the runtime folder; its program as it was built. */
export const testProxies = ({
  programs,
  run,
  root,
  mark,
}: {
  programs: Programs;
  run: string;
  root: string;
  mark: string;
}): HostProxies =>
  HostProxies.make({
    programs,
    mark,
    program: path.join(import.meta.dirname, '../../dist/proxy.mjs'),
    folder: path.join(run, 'proxy'),
    leaf: path.join(root, 'proxy'),
    logger: silentLogger,
  });
