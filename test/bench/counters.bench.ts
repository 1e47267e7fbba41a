import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, test } from 'vitest';
import { CrunEngine } from '#engine/container/crun-engine.ts';
import type { Beancounters } from '#host/beancounters/beancounters.ts';
import { report, sample } from '../harness/measure.ts';
import { execRequest } from '#engine/test-exec.ts';
import { never } from '../integration/engine/guest-program.ts';
import { addPerl } from '../integration/engine/perl.ts';
import { TestContainers } from '../integration/engine/test-containers.ts';

const ids = { counted: '0123abcd', uncounted: '0123abce' } as const;
let containers: TestContainers;
let engine: CrunEngine;

beforeAll(async () => {
  containers = await TestContainers.open();
  const { beancounters } = containers.host;
  let isCounting = true;
  const switched: Beancounters = {
    open: () => beancounters.open(),
    close: () => beancounters.close(),
    abilities: () => beancounters.abilities(),
    follow: (group) => {
      if (isCounting) beancounters.follow(group);
    },
    setLimits: (group, limits) => beancounters.setLimits(group, limits),
    readCounted: (group) => beancounters.readCounted(group),
    readListed: (place) => beancounters.readListed(place),
    forget: (group) => beancounters.forget(group),
  };
  engine = new CrunEngine({ ...containers.host, beancounters: switched });
  await engine.open();
  for (const [index, kind] of (['counted', 'uncounted'] as const).entries()) {
    isCounting = kind === 'counted';
    const plan = await containers.plan(ids[kind], { number: index + 1 });
    await addPerl(plan.root.upper);
    await engine.start(plan, never);
  }
});
afterAll(() => containers.close(engine, ...Object.values(ids)));

async function run(kind: keyof typeof ids, script: string): Promise<void> {
  const session = await engine.exec(ids[kind], execRequest(['/usr/bin/perl', '-e', script]), never);
  session.stdin.end();
  session.stderr?.resume();
  await text(session.stdout);
  if ((await session.exited) !== 0) throw new Error('The script failed');
}

const listener = 'socket(L,2,1,0); bind(L,pack("SnNx8",2,0,0x7f000001)); listen(L,5); $at = getsockname(L);';
const loads = {
  '100,000 UDP sockets made and closed': 'for (1..100000) { socket(S,2,2,0) or die; close(S) }',
  '10,000 TCP connections made, accepted and closed': `${listener} for (1..10000) { socket(C,2,1,0) or die; setsockopt(C,1,13,pack("ii",1,0)); connect(C,$at) or die; accept(A,L) or die; close(C); close(A) }`,
  '100,000 messages there and back by one connection': `${listener} socket(C,2,1,0); connect(C,$at); accept(A,L); for (1..100000) { syswrite(C,"x"); sysread(A,$b,1); syswrite(A,"x"); sysread(C,$b,1) }`,
};

test.each(Object.entries(loads))('the cost of counting sockets: %s', async (what, script) => {
  await run('counted', script);
  const uncounted = await sample(5, () => run('uncounted', script));
  const counted = await sample(5, () => run('counted', script));
  report(what, counted, { name: 'uncounted', sample: uncounted });
});
