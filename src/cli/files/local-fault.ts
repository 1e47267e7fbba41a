import { Fault, type FaultCode } from '#model/fault.ts';

const codes: Record<string, FaultCode> = {
  ENOENT: 'not-found',
  EACCES: 'forbidden',
  EPERM: 'forbidden',
  EEXIST: 'exists',
  ENOSPC: 'insufficient',
  EDQUOT: 'insufficient',
};

/** For `catch`: what the kernel said about a file on this side, as a Fault that names it. */
export function localFault(path: string): (error: unknown) => never {
  return (error) => {
    if (error instanceof Fault) throw error;
    const { code = '', message } = error as NodeJS.ErrnoException;
    throw new Fault(codes[code] ?? 'host', `${path}: ${message.replace(/^\w+: (.*?), .*$/, '$1')}`, {
      cause: error,
    });
  };
}
