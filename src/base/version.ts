import manifest from '../../package.json' with { type: 'json' };

/** Wadah's own version. */
export const { version } = manifest;
