/** Documents as the driver decodes them, and how they are told from other values and sent back. */

export type StoredDocument = Readonly<Record<string, unknown>>;

/** Whether `stored` is a document, and none of the driver's own classes. */
export function isDocument(stored: unknown): stored is StoredDocument {
  if (typeof stored !== 'object' || stored === null || Array.isArray(stored)) return false;
  const prototype: unknown = Object.getPrototypeOf(stored);
  return prototype === Object.prototype || prototype === null;
}

/**
 * A stored value as data to send back: Maps for documents, since an object with a key `_bsontype` or with keys like
 * numbers would not arrive as it was stored. A date that JavaScript cannot hold is lost on the way: null.
 */
export function asData(stored: unknown): unknown {
  if (Array.isArray(stored)) return stored.map(asData);
  if (stored instanceof Date) return Number.isNaN(stored.getTime()) ? null : stored;
  if (!isDocument(stored)) return stored;
  return new Map(Object.entries(stored).map(([name, value]) => [name, asData(value)]));
}
