import { Fault } from '#model/fault.ts';
import { systemErrorCode } from '../sys/libc.ts';
import type { Route } from './routes.ts';

/** Why a route cannot listen, in words for whoever asked for it. */
export function cannotListen({ forward, from }: Route, cause: unknown): Fault {
  const where = forward.listensOn === 'host' ? 'on the host' : 'inside';
  const code = systemErrorCode(cause);
  const said = (end: string) => `Device "${forward.device}": ${from.text} ${end}`;
  switch (code) {
    case 'EADDRINUSE':
      return new Fault('exists', said(`is in use ${where} already`), { hint: whoListens(from), cause });
    case 'EADDRNOTAVAIL':
      return new Fault('not-found', said(`is no address ${where}`), {
        hint: 'For all addresses: 0.0.0.0, or [::].',
        cause,
      });
    case 'ENOENT':
    case 'ENOTDIR':
      return new Fault('not-found', said(`cannot be made ${where}: its folder is not there`), { cause });
    case undefined:
      throw cause;
    default:
      return new Fault('host', said(`cannot be listened at ${where} (${code})`), { cause });
  }
}

function whoListens(from: Route['from']): string {
  if (from.kind === 'unix') return 'Choose another path, or end who listens there: ss -lxp.';
  const kind = from.kind === 'udp' ? 'u' : 't';
  return `Choose another port, or end who has it: ss -ln${kind}p sport = :${from.port}.`;
}
