import { ioctl } from './ioctl.ts';

const get = { name: 'FS_IOC_FSGETXATTR', number: 0x801c581f };
const set = { name: 'FS_IOC_FSSETXATTR', number: 0x401c5820 };
const attributeBytes = 28; // struct fsxattr: flags, extent size, extents, project …
const projectOffset = 12;
const FS_XFLAG_PROJINHERIT = 0x200;

/** The project of an open file or folder; 0: none. Throws `host` where the file system knows no projects. */
export function projectOf(fd: number): number {
  const attributes = Buffer.alloc(attributeBytes);
  ioctl(fd, get, attributes);
  return attributes.readUInt32LE(projectOffset);
}

/** An open folder belongs to it from now on, with whatever will be made in it. */
export function joinProject(fd: number, project: number): void {
  const attributes = Buffer.alloc(attributeBytes);
  ioctl(fd, get, attributes);
  attributes.writeUInt32LE((attributes.readUInt32LE(0) | FS_XFLAG_PROJINHERIT) >>> 0, 0);
  attributes.writeUInt32LE(project, projectOffset);
  ioctl(fd, set, attributes);
}
