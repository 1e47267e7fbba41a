import { Fault } from '#model/fault.ts';
import type { Image, ImageAlias } from '#model/image.ts';
import type { OperationHandle, Operations } from '#operation/operation.ts';
import type { BuildImage, Images, ImageView } from '#service/images/images.ts';

export const fakeFingerprint = 'ab12'.repeat(16);

/** One image, `busybox`, in memory. */
export class FakeImages implements Images {
  readonly #operations: Operations;
  readonly #images = new Map([[fakeFingerprint, fakeImage(fakeFingerprint)]]);
  readonly #aliases = new Map<string, ImageAlias>([
    ['busybox', { project: 'default', name: 'busybox', description: '', fingerprint: fakeFingerprint }],
  ]);

  constructor(operations: Operations) {
    this.#operations = operations;
  }

  /** Brings back the one image. */
  restore(): void {
    this.#images.set(fakeFingerprint, fakeImage(fakeFingerprint));
  }

  list(): Promise<ImageView[]> {
    return Promise.resolve(Array.from(this.#images.values(), (image) => this.#view(image)));
  }

  async get(_project: string, fingerprint: string): Promise<ImageView> {
    const image = [...this.#images.values()].find((known) => known.fingerprint.startsWith(fingerprint));
    if (!image) throw new Fault('not-found', `There is no image "${fingerprint}"`);
    return this.#view(image);
  }

  build({ recipe }: BuildImage): Promise<OperationHandle> {
    return Promise.resolve(this.#operate('image.build', recipe, { fingerprint: fakeFingerprint }));
  }

  async delete(project: string, fingerprint: string): Promise<OperationHandle> {
    const { image } = await this.get(project, fingerprint);
    this.#images.delete(image.fingerprint);
    return this.#operate('image.delete', image.fingerprint, {});
  }

  async listAliases(): Promise<ImageAlias[]> {
    return [...this.#aliases.values()];
  }

  async getAlias(_project: string, name: string): Promise<ImageAlias> {
    const alias = this.#aliases.get(name);
    if (!alias) throw new Fault('not-found', `There is no alias "${name}"`);
    return alias;
  }

  async createAlias(alias: ImageAlias): Promise<void> {
    if (this.#aliases.has(alias.name)) throw new Fault('exists', `The alias "${alias.name}" is taken`);
    this.#aliases.set(alias.name, alias);
  }

  async updateAlias(
    project: string,
    name: string,
    { fingerprint, description }: { fingerprint?: string | undefined; description?: string | undefined },
  ): Promise<void> {
    const before = await this.getAlias(project, name);
    this.#aliases.set(name, {
      ...before,
      fingerprint: fingerprint ?? before.fingerprint,
      description: description ?? before.description,
    });
  }

  async renameAlias(project: string, name: string, newName: string): Promise<void> {
    const before = await this.getAlias(project, name);
    this.#aliases.delete(name);
    this.#aliases.set(newName, { ...before, name: newName });
  }

  async deleteAlias(project: string, name: string): Promise<void> {
    await this.getAlias(project, name);
    this.#aliases.delete(name);
  }

  #view(image: Image): ImageView {
    const own = [...this.#aliases.values()].filter((alias) => alias.fingerprint === image.fingerprint);
    return { image, aliases: own.map(({ name, description }) => ({ name, description })) };
  }

  #operate(kind: string, name: string, result: Record<string, unknown>): OperationHandle {
    const options = {
      kind,
      description: `${kind} ${name}`,
      resources: { images: [name] },
      project: 'default',
    };
    return this.#operations.session(options, () => Promise.resolve(result));
  }
}

function fakeImage(fingerprint: string): Image {
  return {
    project: 'default',
    fingerprint,
    types: ['container'],
    architecture: 'x86_64',
    properties: { os: 'busybox', description: 'busybox for tests' },
    sizeBytes: 2_000_000,
    createdAt: '2026-01-01T00:00:00Z',
    uploadedAt: '2026-01-01T00:00:00Z',
    lastUsedAt: undefined,
    init: { command: ['/sbin/init'], stopSignal: 'SIGUSR2', notifiesReady: false },
    origin: 'build busybox',
  };
}
