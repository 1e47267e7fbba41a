// The real daemon, which dies, or whose disk becomes full, where it is told to. `makeMortalHost` bundles and starts it.
import { impatienceVariable, makeImpatient } from './impatience.ts';
import { makeDiskFillable } from './full-disk-plan.ts';
import { tellMemoryWhenAsked } from './memory.ts';
import { makeStepsMortal } from './mortal-steps.ts';

makeStepsMortal();
makeDiskFillable();
tellMemoryWhenAsked();
if (process.env[impatienceVariable] !== undefined) makeImpatient();
await import('#daemon/main.ts');
