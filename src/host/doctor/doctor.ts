import { asFault } from '#model/fault.ts';
import type { DoctorReport, Finding } from '#model/doctor.ts';
import { checks } from './checks.ts';
import type { Check, Result } from './check.ts';
import { note, warning } from './check.ts';
import type { HostView } from './host-view.ts';

interface Examined {
  check: Check;
  results: Result[];
}

/**
 * Looks at everything. With `fix` it also does what is safe and helps, and then looks there again. Changes nothing else,
 * though the kernel may load modules that a check asks for, as it would for an instance. Never rejects.
 */
export async function examine(host: HostView, { fix = false } = {}): Promise<DoctorReport> {
  const examined = await Promise.all(checks.map((check) => examineOne(check, host)));
  if (!fix) return { findings: examined.flatMap(findingsOf), fixed: [], refused: [] };
  const fixed: string[] = [];
  const refused: string[] = [];
  const after: Examined[] = [];
  for (const before of examined) {
    const wasTried = await applyFixes(before, host, fixed, refused);
    after.push(wasTried ? await examineOne(before.check, host) : before);
  }
  return { findings: after.flatMap(findingsOf), fixed, refused };
}

/** What only reads some files, for the start of a daemon. */
export async function examineCheaply(host: HostView): Promise<Finding[]> {
  const cheap = checks.filter(({ isCheap }) => isCheap);
  return (await Promise.all(cheap.map((check) => examineOne(check, host)))).flatMap(findingsOf);
}

async function examineOne(check: Check, host: HostView): Promise<Examined> {
  if (check.needsRoot && !host.isRoot) {
    const result = note('Only root can find out', { meaning: '', remedy: 'sudo wadah doctor' });
    return { check, results: [result] };
  }
  try {
    return { check, results: [await check.run(host)].flat() };
  } catch (error) {
    // One that fails must not hide the others.
    const result = warning(`It could not be found out: ${asFault(error).message}`, { remedy: '' });
    return { check, results: [result] };
  }
}

/** Whether there was anything to be tried. */
async function applyFixes(
  { results }: Examined,
  host: HostView,
  fixed: string[],
  refused: string[],
): Promise<boolean> {
  const wanting = results.filter(({ fix }) => fix);
  for (const { what, fix } of wanting) {
    try {
      if (fix) fixed.push(await fix(host));
    } catch (error) {
      refused.push(`${what}: ${asFault(error).message}`);
    }
  }
  return wanting.length > 0;
}

function findingsOf({ check, results }: Examined): Finding[] {
  const { name, area, meaning, remedy } = check;
  return results.map((result) => ({
    check: name,
    area,
    status: result.status,
    what: result.what,
    meaning: result.status === 'ok' ? '' : (result.meaning ?? meaning),
    remedy: result.status === 'ok' ? '' : (result.remedy ?? remedy),
    fixable: result.fix !== undefined,
  }));
}
