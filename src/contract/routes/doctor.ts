import { DoctorReport } from '../doctor.ts';
import { route } from '../route.ts';

export const doctorRoutes = {
  getDoctor: route({
    method: 'GET',
    path: '/1.0/wadah/doctor',
    tag: 'server',
    summary: 'Check everything that the daemon needs of its host',
    answer: { kind: 'sync', metadata: DoctorReport },
  }),
  fixHost: route({
    method: 'POST',
    path: '/1.0/wadah/doctor',
    tag: 'server',
    summary: 'Mend what can safely be mended on the host, and check everything',
    answer: { kind: 'sync', metadata: DoctorReport },
  }),
};
