import { check, systemCall } from './libc.ts';

const quotactlFd = systemCall(443, ['int', 'uint', 'uint', 'void*']);

const PRJQUOTA = 2;
const Q_GETQUOTA = 0x800007;
const Q_SETQUOTA = 0x800008;
const Q_XGETQSTAT = 0x5805;
const FS_QUOTA_PDQ_ENFD = 1 << 5;
const QIF_LIMITS = 1 | 4;
const statBytes = 80;
const quotaBytes = 72;
const blockBytes = 1024;

/** Of one project; 0: no limit. */
export interface ProjectQuota {
  limitBytes: number;
  heldBytes: number;
  limitInodes: number;
  heldInodes: number;
}

/** Whether the file system of an open file holds projects to their quotas. Throws `host` where it has none (ESRCH, ENOSYS …). */
export function isHoldingProjects(fd: number): boolean {
  const stat = Buffer.alloc(statBytes);
  quotactl('Q_XGETQSTAT', fd, Q_XGETQSTAT, 0, stat);
  return (stat.readUInt16LE(2) & FS_QUOTA_PDQ_ENFD) !== 0;
}

export function readProjectQuota(fd: number, project: number): ProjectQuota {
  const quota = Buffer.alloc(quotaBytes);
  quotactl('Q_GETQUOTA', fd, Q_GETQUOTA, project, quota);
  const field = (place: number): number => Number(quota.readBigUInt64LE(place * 8));
  return {
    limitBytes: field(0) * blockBytes,
    heldBytes: field(2),
    limitInodes: field(3),
    heldInodes: field(5),
  };
}

/** Effective at once, also below what is held: nothing more can be made then. */
export function limitProject(
  fd: number,
  project: number,
  { limitBytes, limitInodes }: Pick<ProjectQuota, 'limitBytes' | 'limitInodes'>,
): void {
  const quota = Buffer.alloc(quotaBytes);
  quota.writeBigUInt64LE(BigInt(Math.ceil(limitBytes / blockBytes)), 0);
  quota.writeBigUInt64LE(BigInt(limitInodes), 3 * 8);
  quota.writeUInt32LE(QIF_LIMITS, 8 * 8);
  quotactl('Q_SETQUOTA', fd, Q_SETQUOTA, project, quota);
}

function quotactl(name: string, fd: number, command: number, project: number, buffer: Buffer): void {
  check('quotactl_fd', name, quotactlFd(fd, ((command << 8) | PRJQUOTA) >>> 0, project, buffer));
}
