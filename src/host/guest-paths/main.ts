import { asFault } from '#model/fault.ts';
import type { GuestPathFault } from './guest-paths.ts';
import type { GuestPathRequest } from './request.ts';
import { workInside } from './work.ts';

// Works at paths of a guest, in a process of its own, since a file system of the guest's may keep it for ever. One
// argument, a request as JSON; it says nothing but what is wrong, as one line of JSON.

try {
  workInside(JSON.parse(process.argv[2] ?? '') as GuestPathRequest);
} catch (error) {
  const { code, message, hint } = asFault(error);
  process.stdout.write(`${JSON.stringify({ code, message, hint } satisfies GuestPathFault)}\n`);
  process.exitCode = 1;
}
