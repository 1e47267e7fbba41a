/** What only the daemon knows of itself and its host. */
export interface ServerInfo {
  /** Wadah's own version. */
  version: string;
  /** What runs instances: `{ name: 'crun', version: '1.8.1' }`. */
  engines: { name: string; version: string }[];
  storage: { name: string; version: string };
  /** From os-release: `Debian GNU/Linux` and `12`. */
  os: { name: string; version: string };
}
