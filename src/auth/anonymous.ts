/** AUTH=none: the scope of a caller is the whole domain named by its request (docs/secure.md «Authentication»). */
import { appError } from '../errors.js';
import type { Authenticate } from './caller.js';

export const anonymous: Authenticate = () =>
  Promise.resolve({
    scope: ({ domain_id: domainId }) =>
      domainId === ''
        ? Promise.reject(appError('REQUIRED_PARAMETER', { key: 'domain_id' }))
        : Promise.resolve({ domainId }),
  });
