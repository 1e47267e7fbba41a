import type { GuestAccess } from '../guest-access.ts';
import { SshGuestShell } from './ssh-guest-shell.ts';

/** By ssh over the port, which only root can reach from either side; keys are made for each connection. */
export const sshGuestAccess: GuestAccess = { open: (socketPath) => new SshGuestShell(socketPath) };
