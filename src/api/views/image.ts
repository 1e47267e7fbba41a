import { neverTime } from '#contract/contract.ts';
import type { Image, ImageAlias } from '#contract/contract.ts';
import type { ImageView } from '#service/images/images.ts';

type ModelImage = ImageView['image'];

export function imageDocument({ image, aliases }: ImageView): Image {
  return {
    aliases,
    architecture: image.architecture,
    auto_update: false,
    cached: false,
    created_at: image.createdAt,
    expires_at: neverTime,
    filename: '',
    fingerprint: image.fingerprint,
    last_used_at: image.lastUsedAt ?? neverTime,
    profiles: ['default'],
    project: image.project,
    properties: image.properties,
    public: false,
    size: image.sizeBytes,
    type: firstType(image),
    uploaded_at: image.uploadedAt,
    wadah: { types: image.types, origin: image.origin },
  };
}

export function aliasDocument(alias: { name: string; description: string }, image: ModelImage): ImageAlias {
  return {
    name: alias.name,
    description: alias.description,
    target: image.fingerprint,
    type: firstType(image),
  };
}

/** The dialect knows one type for an image; ours that serve both are containers to it. */
const firstType = ({ types }: ModelImage): Image['type'] => types[0] ?? 'container';
