import { Type, type Static } from 'typebox';
import { checkAreas, checkStatuses } from '#model/doctor.ts';

/** What one check of the host found. */
export const Finding = Type.Object(
  {
    check: Type.String({ description: 'Permanent name of the check' }),
    area: Type.Enum([...checkAreas]),
    status: Type.Enum([...checkStatuses]),
    what: Type.String({ description: 'What is so' }),
    meaning: Type.String({ description: 'What that costs; empty where all is well' }),
    remedy: Type.String({ description: 'The command that mends it, or what else helps; may be empty' }),
    fixable: Type.Boolean({ description: 'Whether POST does that' }),
  },
  { $id: 'Finding' },
);
export type Finding = Static<typeof Finding>;

export const DoctorReport = Type.Object(
  {
    findings: Type.Array(Finding),
    fixed: Type.Array(Type.String(), { description: 'What was changed on the host' }),
    refused: Type.Array(Type.String(), { description: 'What was to be changed, and why it could not be' }),
  },
  { $id: 'DoctorReport' },
);
export type DoctorReport = Static<typeof DoctorReport>;
