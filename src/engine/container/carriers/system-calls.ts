import { findProgram } from '#host/process/find-program.ts';
import { partOf } from '../../carriers/carrier.ts';
import type { ContainerCarrier } from './carrier.ts';

const keys = ['security.syscalls.deny', 'security.syscalls.deny_default', 'security.syscalls.allow'] as const;

/** Which system calls are refused: `guestSeccomp` says it, of all containers. */
export const systemCalls: ContainerCarrier = {
  keys,
  part: partOf(...keys),
};

// Only who sees a whole /proc somewhere, with nothing on top, may mount another. At this point the host's is still seen.
const mountWholes = `
  mkdir -p "$1/dev/.lxc/proc" "$1/dev/.lxc/sys"
  mount -t proc -o nosuid,nodev,noexec proc "$1/dev/.lxc/proc"
  mount -t sysfs -o nosuid,nodev,noexec,ro sysfs "$1/dev/.lxc/sys"`;

/** What containers inside need: a whole /proc and /sys to be seen somewhere, and kernel keys. */
export const nesting: ContainerCarrier = {
  keys: ['security.nesting'],
  part: partOf('security.nesting'),
  specify(config, { settings }) {
    if (!settings['security.nesting']) return;
    const args = ['sh', '-ec', mountWholes, 'sh', config.root.path];
    config.hooks = {
      createContainer: [{ path: findProgram('sh'), args, env: [`PATH=${process.env['PATH']}`] }],
    };
  },
};
