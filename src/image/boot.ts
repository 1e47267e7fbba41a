/** Kernel parameter that names the root file system to an image's initrd, as findfs(8) takes it. */
export const rootParameter = 'wadah.root';

/** What the kernel of an image is told to start as a virtual machine of that name, from the disk with that UUID. */
export function kernelCommandLine({ uuid, name }: { uuid: string; name: string }): string {
  const words = [
    'console=ttyS0',
    'quiet',
    `${rootParameter}=UUID=${uuid}`,
    `systemd.hostname=${name}`,
    'net.ifnames=0', // eth0, as in containers
  ];
  return words.join(' ');
}
