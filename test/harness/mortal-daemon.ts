// The real daemon, which dies where it is told to. `makeMortalHost` bundles and starts it.
import { impatienceVariable, makeImpatient } from './impatience.ts';
import { tellMemoryWhenAsked } from './memory.ts';
import { makeStepsMortal } from './mortal-steps.ts';

makeStepsMortal();
tellMemoryWhenAsked();
if (process.env[impatienceVariable] !== undefined) makeImpatient();
await import('#daemon/main.ts');
