/** What is to be done at paths of a guest. The descriptor 3 of who does it is the guest's mount namespace. */
export type GuestPathRequest = AttachRequest | DetachRequest | ReplaceRequest;

/** The detached mount that is descriptor 4 gets a place at `path`, which is made by `owner` where it is not there. */
export interface AttachRequest {
  do: 'attach';
  path: string;
  isFolder: boolean;
  owner: number;
}

/** What is mounted at `path` goes. Nothing there: succeeds. */
export interface DetachRequest {
  do: 'detach';
  path: string;
}

/** The mounts at `dead` go; the detached ones from descriptor 4 on are put at `targets`, in their order. */
export interface ReplaceRequest {
  do: 'replace';
  dead: readonly string[];
  targets: readonly string[];
}

export const firstMount = 4;
export const namespaceDescriptor = 3;
