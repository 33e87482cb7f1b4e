/** Without authentication a caller sees the domain that its request names, and all of it (docs/operations.md). */
import { appError } from '../errors.js';
import type { Authenticate } from './caller.js';

export const anonymous: Authenticate = () =>
  Promise.resolve({
    scope: ({ domain_id: domainId }) =>
      domainId === ''
        ? Promise.reject(appError('REQUIRED_PARAMETER', { key: 'domain_id' }))
        : Promise.resolve({ domainId }),
  });
