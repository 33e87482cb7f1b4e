/** Keys of documents: only equal documents have equal keys, types and order of fields included. */
import { BSON } from 'mongodb';
import type { Document } from 'mongodb';

export const documentKey = (document: Document): string =>
  Buffer.from(BSON.serialize(document)).toString('latin1');
