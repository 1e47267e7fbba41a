import { join } from 'node:path';
import type { DoctorAnswer, DoctorRequest } from '#model/doctor.ts';
import { asFault } from '#model/fault.ts';
import { askEngine } from '../kvm/ask-engine.ts';
import { HostPrograms } from '../process/host-programs.ts';
import { examine } from './doctor.ts';
import { realHost } from './real-host.ts';

// The doctor in a process of its own, for hosts on which no daemon runs: that is when people need it most. One
// argument, a request as JSON; one line of JSON answers.

async function serve({ fix, ...where }: DoctorRequest): Promise<DoctorAnswer> {
  const programs = new HostPrograms();
  const engine = join(import.meta.dirname, 'kvm-engine.mjs');
  const kvm = async () => (await askEngine(programs, engine)).verdict;
  const host = await realHost({ programs, kvm, ...where });
  return { type: 'report', report: await examine(host, { fix }) };
}

function faultAnswer(error: unknown): DoctorAnswer {
  const { code, message, hint } = asFault(error);
  return { type: 'fault', code, message, hint };
}

// Node ends a process that waits for nothing it knows of, and a program that we started is no such thing.
setInterval(() => {}, 2 ** 30);

const answer = await serve(JSON.parse(process.argv[2] ?? '') as DoctorRequest).catch(faultAnswer);
process.stdout.write(`${JSON.stringify(answer)}\n`, () => process.exit(answer.type === 'fault' ? 1 : 0));
