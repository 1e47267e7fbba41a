import { key } from './key.ts';
import { bool } from './kinds.ts';

/** What guests may do, and what stands between them and the host. */
export const securityKeys = {
  'security.privileged': key({
    kind: bool,
    default: false,
    types: ['container'],
    help: 'Run without a user namespace; root inside is root on the host. Only for guests that you trust',
  }),
};
