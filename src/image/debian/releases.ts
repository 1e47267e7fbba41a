export interface DebianRelease {
  version: string;
  codename: string;
  /** Seconds since 1970 of its first release: what the packages' scripts take for now, so that builds are repeatable. */
  epoch: number;
}

export const debianReleases: readonly DebianRelease[] = [
  { version: '12', codename: 'bookworm', epoch: Date.UTC(2023, 5, 10) / 1000 },
  { version: '13', codename: 'trixie', epoch: Date.UTC(2025, 7, 9) / 1000 },
];

/** Debian's name of an architecture that uname calls `x86_64`. */
export function debianArchitecture(machine: string): string {
  return { x86_64: 'amd64', aarch64: 'arm64' }[machine] ?? machine;
}
