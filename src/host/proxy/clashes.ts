import type { Forward, InternetAddress } from '#model/device.ts';
import { formatEndpoint } from '#model/device.ts';
import { Fault } from '#model/fault.ts';

interface Owned {
  /** Name of the instance. */
  name: string;
  forwards: readonly Forward[];
}

/** Throws `exists` where two want to listen in one place, which the kernel does not always notice. */
export function requireNoClash(mine: Owned, others: Iterable<Owned>): void {
  mine.forwards.forEach((forward, index) => {
    for (const earlier of mine.forwards.slice(0, index)) {
      if (earlier.listensOn === forward.listensOn) requireApart(forward, earlier, mine.name);
    }
    if (forward.listensOn !== 'host') return;
    for (const { name, forwards } of others) {
      for (const each of forwards) if (each.listensOn === 'host') requireApart(forward, each, name);
    }
  });
}

function requireApart(forward: Forward, other: Forward, name: string): void {
  const place = common(forward, other);
  if (place === undefined) return;
  const both = `"${forward.device}" and "${other.device}" of "${name}"`;
  throw new Fault('exists', `The proxies ${both} cannot both listen on ${place}`, {
    hint: 'Choose another address, or remove the other device first.',
  });
}

/** Where both listen. */
function common({ listen: one }: Forward, { listen: other }: Forward): string | undefined {
  if (one.kind === 'unix' || other.kind === 'unix') {
    return one.kind === 'unix' && other.kind === 'unix' && one.path === other.path
      ? `unix:${one.path}`
      : undefined;
  }
  if (one.kind !== other.kind || !overlap(one, other)) return undefined;
  const taken = new Set(other.ports);
  const port = one.ports.find((each) => taken.has(each));
  return port === undefined ? undefined : formatEndpoint(one.kind, one.host, port);
}

function overlap({ host: one }: InternetAddress, { host: other }: InternetAddress): boolean {
  const isV6 = (host: string) => host.includes(':');
  const covers = (a: string, b: string) => a === '::' || (a === '0.0.0.0' && (!isV6(b) || b === '::'));
  return one === other || covers(one, other) || covers(other, one);
}
