import { defaultDir } from '#client/socket-path.ts';
import type { DoctorAnswer, DoctorReport, DoctorRequest, Finding } from '#model/doctor.ts';
import { Fault, isFault } from '#model/fault.ts';
import type { Context } from './context.ts';
import { lastWords } from './last-words.ts';
import { askProgram } from './own-program.ts';

/** A host that is emulated itself takes its time. */
const timeoutMs = 120_000;

export interface Consultation extends DoctorReport {
  /** Who looked: without a daemon the command line does it itself. */
  by: 'daemon' | 'command line';
}

/**
 * Has the daemon check its host or, when none answers, a program of ours. Throws `forbidden` when `fix` needs a daemon or
 * root.
 */
export async function consultDoctor(context: Context, fix: boolean): Promise<Consultation> {
  const { client } = context;
  try {
    const report = await (fix ? client.send('POST', '/1.0/wadah/doctor') : client.read('/1.0/wadah/doctor'));
    const answers = daemonFinding('ok', `It answers at ${client.transport.socket}`);
    return { by: 'daemon', ...report, findings: [answers, ...report.findings] };
  } catch (error) {
    if (!isFault(error) || !silences.includes(error.code)) throw error;
    if (fix && process.geteuid?.() !== 0) throw needsRoot(error);
    return await examineAlone(context, fix, error);
  }
}

/** Nobody there, nobody who lets us in, or a daemon of an older version. */
const silences = ['unavailable', 'forbidden', 'not-found'];

async function examineAlone(
  { surroundings, stateFolder }: Context,
  fix: boolean,
  silence: Fault,
): Promise<Consultation> {
  const request: DoctorRequest = { fix, stateFolder, isDefaultFolder: stateFolder === defaultDir };
  const program = { name: 'The doctor', file: surroundings.doctor, timeoutMs };
  for await (const { report } of askProgram<DoctorAnswer>(program, request)) {
    const isSilent = daemonFinding('warning', silence.message, {
      meaning: silenceText(lastWords(stateFolder)),
      remedy: silence.hint ?? '',
    });
    return { by: 'command line', ...report, findings: [isSilent, ...report.findings] };
  }
  throw new Fault('host', 'The doctor gave no answer');
}

const silenceText = (words: string | undefined): string =>
  `Instances that run go on, but nothing can be asked or changed.${words === undefined ? '' : ` Its log ends with: ${words}`}`;

const daemonFinding = (
  status: Finding['status'],
  what: string,
  more: { meaning: string; remedy: string } = { meaning: '', remedy: '' },
): Finding => ({ check: 'daemon', area: 'daemon', status, what, ...more, fixable: false });

const needsRoot = (cause: Fault): Fault =>
  new Fault('forbidden', 'Without a daemon only root may change this host', {
    hint: 'Run: sudo wadah doctor --fix',
    cause,
  });
