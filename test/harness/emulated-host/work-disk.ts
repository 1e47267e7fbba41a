import { mkdir, rm } from 'node:fs/promises';
import path from 'node:path';
import { HostPrograms } from '#host/process/host-programs.ts';
import { copyProduct } from '../../../scripts/lib/product.mjs';
import { type ImageChoice, seedImage } from '../images.ts';
import { productFolder, stateFolder, workFolder, workLabel } from './init.ts';

const checkout = path.join(import.meta.dirname, '../../..');
const sizeMebibytes = 4096;

/** Writes the disk of one run: the built Wadah, and a state folder that has these images. Project quotas are on. */
export async function makeWorkDisk(folder: string, images: readonly ImageChoice[]): Promise<string> {
  const tree = path.join(folder, 'work');
  const inTree = (place: string): string => path.join(tree, path.relative(workFolder, place));
  await copyProduct(checkout, inTree(productFolder));
  await mkdir(inTree(stateFolder));
  for (const image of images) await seedImage(inTree(stateFolder), image, { isCopied: true });
  const file = path.join(folder, 'work.disk');
  await new HostPrograms().run([
    ...['mke2fs', '-q', '-t', 'ext4', '-L', workLabel],
    ...['-O', 'quota,project', '-E', 'quotatype=prjquota'],
    ...['-d', tree, file, `${sizeMebibytes}M`],
  ]);
  await rm(tree, { recursive: true });
  return file;
}
