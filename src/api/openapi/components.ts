/** Collects the named schemas of a document, so that each is written once and referred to elsewhere. */
export class Components {
  readonly schemas: Record<string, object> = {};

  /** The schema with references in the place of everything that has a name (`$id`). */
  refer(schema: object): object {
    if (!('$id' in schema)) return this.#inner(schema);
    const { $id, ...rest } = schema;
    const name = String($id);
    // Entered before its insides are looked at, so that the order is that of the first use.
    this.schemas[name] ??= {};
    Object.assign(this.schemas[name], this.#inner(rest));
    return { $ref: `#/components/schemas/${name}` };
  }

  #inner(schema: object): object {
    const walk = (value: unknown): unknown => {
      if (Array.isArray(value)) return value.map(walk);
      return typeof value === 'object' && value !== null ? this.refer(value) : value;
    };
    return Object.fromEntries(Object.entries(schema).map(([key, value]) => [key, walk(value)]));
  }
}
