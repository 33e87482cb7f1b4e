/** Without authentication a caller sees the domain that its request names, and all of it (docs/operations.md). */
import { fail } from '../errors.js';
import type { Authenticate } from './caller.js';

export const open: Authenticate = () =>
  Promise.resolve({
    scope: (domainId) => (domainId === '' ? fail('REQUIRED_PARAMETER', { key: 'domain_id' }) : { domainId }),
  });
