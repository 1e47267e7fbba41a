import { closeSync, openSync } from 'node:fs';
import { makePlace } from '../mount/make-place.ts';
import { withFileOwner } from '../sys/credentials.ts';
import { systemErrorCode } from '../sys/libc.ts';
import { attachMount, unmountFlags, unmountSync } from '../sys/mounts.ts';
import { inMountNamespace } from '../sys/namespaces.ts';
import { O_PATH, openWithinSync } from '../sys/open-within.ts';
import {
  type AttachRequest,
  type DetachRequest,
  firstMount,
  type GuestPathRequest,
  namespaceDescriptor,
  type ReplaceRequest,
} from './request.ts';

/** Does it inside, and comes back, unless a path there never answers. Throws `invalid`, `host`. */
export function workInside(request: GuestPathRequest): void {
  inMountNamespace(`/proc/self/fd/${namespaceDescriptor}`, () => {
    switch (request.do) {
      case 'attach':
        return attach(request);
      case 'detach':
        return detach(request);
      case 'replace':
        return replace(request);
    }
  });
}

/** Links on the way lead nowhere but to the guest's own files. */
function attach({ path, isFolder, owner }: AttachRequest): void {
  withFileOwner(owner, () => makePlace(path, isFolder));
  attachMount(firstMount, path);
}

function detach({ path }: DetachRequest): void {
  try {
    unmountSync(path, unmountFlags.detach | unmountFlags.noFollow);
  } catch (error) {
    if (!['EINVAL', 'ENOENT'].includes(systemErrorCode(error) ?? '')) throw error;
  }
}

/** No link of the guest's is followed: what is there has been put there by us. */
function replace({ dead, targets }: ReplaceRequest): void {
  for (const target of dead) unmountSync(target, unmountFlags.detach | unmountFlags.noFollow);
  const root = openSync('/', 'r');
  for (const [index, target] of targets.entries()) {
    const place = openWithinSync({ folder: root, path: target.slice(1), flags: O_PATH, how: 'no-links' });
    attachMount(firstMount + index, place);
    closeSync(place);
  }
  closeSync(root);
}
