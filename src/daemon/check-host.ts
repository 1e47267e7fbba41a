import type { Logger } from '#base/logger.ts';
import { examineCheaply } from '#host/doctor/doctor.ts';
import type { HostView } from '#host/doctor/host-view.ts';
import { realHost } from '#host/doctor/real-host.ts';
import { HostPrograms } from '#host/process/host-programs.ts';
import type { CheckArea, Finding } from '#model/doctor.ts';
import { Fault } from '#model/fault.ts';
import type { Places } from './places.ts';

/** Without what these areas name there is no daemon; what others lack may be mended while it runs. */
const essentialAreas: readonly CheckArea[] = ['cgroups', 'programs'];

/** The host as a daemon sees it that has not opened its parts yet. */
export const viewHost = ({ directory, isDefaultDirectory }: Places): Promise<HostView> =>
  realHost({
    programs: new HostPrograms(),
    stateFolder: directory,
    isDefaultFolder: isDefaultDirectory,
    kvm: () => Promise.reject(new Error('To measure KVM is not cheap')),
  });

/**
 * Does the cheap checks of `wadah doctor`. Throws `unsupported` that names everything without which the daemon cannot
 * start; the rest is logged in the doctor's words.
 */
export async function checkHost(host: HostView, logger: Logger): Promise<void> {
  const findings = (await examineCheaply(host)).filter(({ status }) => status !== 'ok' && status !== 'note');
  const lacks = findings.filter(({ area, status }) => status === 'problem' && essentialAreas.includes(area));
  if (lacks.length > 0) throw unfit(lacks);
  for (const { check, what, meaning, remedy } of findings)
    logger.warn({ check, remedy }, `${what}. ${meaning}`);
}

function unfit(lacks: readonly Finding[]): Fault {
  const remedies = [...new Set(lacks.map(({ remedy }) => remedy))].filter((remedy) => remedy !== '');
  return new Fault(
    'unsupported',
    `This host lacks what the daemon needs: ${lacks.map(({ what }) => what).join('; ')}`,
    {
      hint: `${remedies.join(' && ')}. wadah doctor shows all that is wrong with this host.`,
    },
  );
}
