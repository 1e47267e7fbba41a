import type { NicRates } from '#model/device.ts';
import { asFault, Fault } from '#model/fault.ts';
import type { Programs } from '../process/programs.ts';
import { readQueueDrops } from './queue-drops.ts';

const handle = 'ffff:';
const latencyMs = 100;
const leastBurstBytes = 16 * 1024;
/** What passes in so many parts of a second may come at once: less, and timers of the kernel could not keep up. */
const burstsPerSecond = 200;

/**
 * The link through which packets from a guest are led, for a queue stands only where packets leave. Its name follows
 * from that of the NIC's end on the host.
 */
export const shaperOf = (hostName: string): string => hostName.replace(/^wd/, 'wi');

/** Limits a NIC by its end on this host, or lets it go. Throws `unsupported` where the kernel lacks what it takes. */
export async function shapeNic(programs: Programs, hostName: string, rates: NicRates): Promise<void> {
  await shapeIngress(programs, hostName, rates.ingress);
  await shapeEgress(programs, hostName, rates.egress);
}

/** Packets that were dropped because a NIC was held to its rates. */
export async function droppedByRates(hostName: string): Promise<Record<keyof NicRates, number>> {
  const [ingress, egress] = await Promise.all([hostName, shaperOf(hostName)].map(readQueueDrops));
  return { ingress: ingress ?? 0, egress: egress ?? 0 };
}

async function shapeIngress(programs: Programs, hostName: string, rate: number | undefined): Promise<void> {
  if (rate !== undefined) return tc(programs, [queue(hostName, rate)]);
  await quietly(programs, ['tc', 'qdisc', 'del', 'dev', hostName, 'root']);
}

async function shapeEgress(programs: Programs, hostName: string, rate: number | undefined): Promise<void> {
  const shaper = shaperOf(hostName);
  if (rate === undefined) {
    await quietly(programs, ['tc', 'qdisc', 'del', 'dev', hostName, 'ingress']);
    await quietly(programs, ['ip', 'link', 'del', shaper]);
    return;
  }
  await quietly(programs, ['ip', 'link', 'add', shaper, 'type', 'ifb']);
  await programs.run(['ip', 'link', 'set', shaper, 'up'], { purpose: `limit what ${hostName} sends` });
  await quietly(programs, ['tc', 'qdisc', 'add', 'dev', hostName, 'handle', handle, 'ingress']);
  await tc(programs, [
    queue(shaper, rate),
    `filter replace dev ${hostName} parent ${handle} handle 800::1 protocol all prio 1 u32 match u32 0 0 action mirred egress redirect dev ${shaper}`,
  ]);
}

function queue(link: string, rate: number): string {
  const burst = Math.max(leastBurstBytes, Math.ceil(rate / 8 / burstsPerSecond));
  return `qdisc replace dev ${link} root tbf rate ${rate}bit burst ${burst} latency ${latencyMs}ms`;
}

async function tc(programs: Programs, lines: readonly string[]): Promise<void> {
  try {
    await programs.run(['tc', '-batch', '-'], { input: `${lines.join('\n')}\n`, purpose: 'limit a NIC' });
  } catch (cause) {
    const why = asFault(cause).message;
    throw new Fault('unsupported', `This host cannot limit how fast a NIC is. ${why}`, {
      hint: 'Its kernel needs the modules sch_tbf, sch_ingress, cls_u32, act_mirred and ifb.',
      cause,
    });
  }
}

/** What is there already, or not any more, is no failure. */
async function quietly(programs: Programs, argv: readonly string[]): Promise<void> {
  await programs.run(argv, { okExits: [1, 2] });
}
