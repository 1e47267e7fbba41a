import { namespaceVariable } from '#host/mount/private-namespace.ts';
import { leaveMountNamespace } from '#host/sys/namespaces.ts';

/** Before integration tests: their processes mount as the daemon does, in a namespace that ends with the last of them. */
export default function setup(): void {
  process.env[namespaceVariable] = leaveMountNamespace();
}
