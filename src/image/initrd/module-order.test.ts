import assert from 'node:assert/strict';
import { test } from 'vitest';
import { isFault } from '#model/fault.ts';
import { orderModules } from './module-order.ts';

const tables = {
  dep: `kernel/virtio/virtio_pci.ko.xz: kernel/virtio/virtio-ring.ko.xz kernel/virtio/virtio.ko.xz
kernel/virtio/virtio.ko.xz: kernel/virtio/virtio-ring.ko.xz
kernel/virtio/virtio-ring.ko.xz:
kernel/block/virtio_blk.ko.xz: kernel/virtio/virtio.ko.xz kernel/virtio/virtio-ring.ko.xz
`,
  builtin: 'kernel/fs/ext4/ext4.ko\n',
};

test('modules come after those that they need, each once; built-in ones need no file', () => {
  assert.deepEqual(orderModules(tables, ['virtio_blk', 'ext4', 'virtio_pci']), [
    'kernel/virtio/virtio-ring.ko.xz',
    'kernel/virtio/virtio.ko.xz',
    'kernel/block/virtio_blk.ko.xz',
    'kernel/virtio/virtio_pci.ko.xz',
  ]);
});

test('a kernel without a wanted module is refused, with the name of the module', () => {
  assert.throws(
    () => orderModules(tables, ['btrfs']),
    (error) => isFault(error, 'unsupported') && error.message.includes('btrfs'),
  );
});
