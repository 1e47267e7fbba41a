/** A device as the user wrote it: option names with text values, `type` among them. */
export type DeviceOptions = Record<string, string>;

/** Devices by name. */
export type Devices = Record<string, DeviceOptions>;
