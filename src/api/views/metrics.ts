import type { Instance } from '#model/instance.ts';
import type { CountersView } from '#service/counters/counters.ts';
import { families } from './metric-families.ts';
import type { Labels } from './metric-samples.ts';

/** What running instances use, as OpenMetrics text. Names of resources: the table in model/counter.ts. */
export function metricsText(running: readonly (readonly [Instance, CountersView])[]): string {
  const lines = families.flatMap(({ name, kind, help, samples }) => {
    const suffix = kind === 'counter' ? '_total' : '';
    const unit = /_(bytes|seconds)$/.exec(name)?.[1];
    const found = running.flatMap(([{ name: instance, project, type }, view]) =>
      (view.run ? samples.of(view, view.run) : []).map(
        ([labels, value]) =>
          `${name}${suffix}${labelText({ ...labels, name: instance, project, type })} ${value}`,
      ),
    );
    const about = [`# TYPE ${name} ${kind}`, ...(unit ? [`# UNIT ${name} ${unit}`] : [])];
    return [...about, `# HELP ${name} ${help}.`, ...found];
  });
  return [...lines, '# EOF', ''].join('\n');
}

const labelText = (labels: Labels): string =>
  `{${Object.entries(labels)
    .map(([name, value]) => `${name}="${value.replaceAll(/[\\"\n]/g, escapeCharacter)}"`)
    .join(',')}}`;

const escapeCharacter = (character: string): string => (character === '\n' ? '\\n' : `\\${character}`);
