import type { FaultCode } from '#model/fault.ts';

/** The HTTP status of each fault code. Clients of the dialect look at the status, ours at the code. */
export const httpStatuses = {
  invalid: 400,
  forbidden: 403,
  'not-found': 404,
  exists: 409,
  'wrong-state': 409,
  cancelled: 409,
  conflict: 412,
  busy: 423,
  internal: 500,
  host: 500,
  unsupported: 501,
  unavailable: 503,
  'timed-out': 504,
  insufficient: 507,
} as const satisfies Record<FaultCode, number>;
