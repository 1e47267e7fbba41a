import { Type, type Static } from 'typebox';
import { instanceTypes } from '#model/instance.ts';
import { TextMap, Timestamp, notServed, orNull } from './schema.ts';

/** An image. `aliases` are its names. */
export const Image = Type.Object(
  {
    aliases: Type.Array(Type.Object({ name: Type.String(), description: Type.String() })),
    architecture: Type.String(),
    auto_update: Type.Boolean(),
    cached: Type.Boolean(),
    created_at: Timestamp,
    expires_at: Timestamp,
    filename: Type.String(),
    fingerprint: Type.String({ description: 'SHA-256, 64 hexadecimal digits' }),
    last_used_at: Timestamp,
    profiles: Type.Array(Type.String()),
    project: Type.String(),
    properties: TextMap,
    public: Type.Boolean(),
    size: Type.Integer({ description: 'Bytes on disk' }),
    type: Type.Enum([...instanceTypes]),
    uploaded_at: Timestamp,
    wadah: Type.Object({
      types: Type.Array(Type.Enum([...instanceTypes]), { description: 'Which types can start from it' }),
      origin: Type.String({ description: '`build debian/12`' }),
    }),
  },
  { $id: 'Image' },
);
export type Image = Static<typeof Image>;

/**
 * Makes an image. So far there is one source, `wadah-build` (extension `wadah_image_build`): it is built from the
 * distribution's own packages. The operation's `metadata.fingerprint` names it.
 */
export const ImagesPost = Type.Object(
  {
    source: Type.Object({
      type: Type.String({ description: '`wadah-build`' }),
      recipe: Type.Optional(Type.String({ description: '`debian/12`, `busybox` …' })),
      force: Type.Optional(Type.Boolean({ description: 'Build again although it is there' })),
    }),
    aliases: orNull(
      Type.Array(Type.Object({ name: Type.String(), description: Type.Optional(Type.String()) }), {
        maxItems: 1,
        description: "Default: the recipe's name",
      }),
    ),
    auto_update: notServed('updates of images'),
    public: notServed('public images'),
    properties: notServed('properties of built images'),
    expires_at: notServed('images that expire'),
    filename: notServed('uploads of images'),
    profiles: notServed('profiles of images'),
    compression_algorithm: notServed('images made from instances'),
    format: notServed('images made from instances'),
  },
  { $id: 'ImagesPost' },
);
export type ImagesPost = Static<typeof ImagesPost>;

export const ImageAlias = Type.Object(
  {
    name: Type.String(),
    description: Type.String(),
    target: Type.String({ description: 'Fingerprint' }),
    type: Type.Enum([...instanceTypes]),
  },
  { $id: 'ImageAlias' },
);
export type ImageAlias = Static<typeof ImageAlias>;

export const ImageAliasesPost = Type.Object(
  {
    name: Type.String({ minLength: 1 }),
    description: Type.Optional(Type.String()),
    target: Type.String({ minLength: 1 }),
    type: Type.Optional(Type.String({ description: 'Ignored: the image says it' })),
  },
  { $id: 'ImageAliasesPost' },
);
export type ImageAliasesPost = Static<typeof ImageAliasesPost>;

/** `PUT` replaces: without a target it is refused. `PATCH` leaves what is absent as it is. */
export const ImageAliasPut = Type.Object(
  { description: Type.Optional(Type.String()), target: Type.Optional(Type.String()) },
  { $id: 'ImageAliasPut' },
);
export type ImageAliasPut = Static<typeof ImageAliasPut>;

/** Renames. */
export const ImageAliasPost = Type.Object({ name: Type.String({ minLength: 1 }) }, { $id: 'ImageAliasPost' });
export type ImageAliasPost = Static<typeof ImageAliasPost>;
