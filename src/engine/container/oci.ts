/** The parts of an OCI runtime configuration that Wadah uses. */
export interface OciConfig {
  ociVersion: string;
  process: OciProcess;
  root: { path: string };
  hostname: string;
  mounts: OciMount[];
  linux: OciLinux;
  /** Run in the namespaces of the container while it is made, before it leaves the host's root. */
  hooks?: { createContainer: OciHook[] };
}

export interface OciHook {
  path: string;
  args: string[];
  env: string[];
}

export interface OciProcess {
  terminal: boolean;
  consoleSize?: { height: number; width: number };
  user: { uid: number; gid: number };
  args: string[];
  env: string[];
  cwd: string;
  capabilities: Record<'bounding' | 'effective' | 'permitted' | 'inheritable', string[]>;
  rlimits?: OciRlimit[];
  oomScoreAdj?: number;
}

export interface OciRlimit {
  type: string;
  soft: number;
  hard: number;
}

export interface OciMount {
  destination: string;
  type: string;
  source: string;
  options: string[];
}

export interface OciLinux {
  namespaces: { type: string; path?: string }[];
  uidMappings?: OciIdMapping[];
  gidMappings?: OciIdMapping[];
  devices: OciDevice[];
  maskedPaths: string[];
  readonlyPaths: string[];
  seccomp: OciSeccomp;
  sysctl?: Record<string, string>;
}

export interface OciIdMapping {
  containerID: number;
  hostID: number;
  size: number;
}

export interface OciDevice {
  type: 'c';
  path: string;
  major: number;
  minor: number;
  fileMode: number;
  uid: number;
  gid: number;
}

export interface OciSeccomp {
  defaultAction: string;
  architectures: string[];
  syscalls: OciSeccompRule[];
}

export interface OciSeccompRule {
  names: string[];
  action: 'SCMP_ACT_ERRNO' | 'SCMP_ACT_ALLOW';
  errnoRet?: number;
  args?: { index: number; value: number; op: 'SCMP_CMP_EQ' }[];
}
