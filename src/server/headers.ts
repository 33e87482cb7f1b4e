/** The request headers of the protocols, each with its one accepted form (docs/http.md «Headers»). */
import { appError } from '../errors.js';
import type { AppError } from '../errors.js';

export interface HeaderForm {
  readonly name: string;
  readonly form: RegExp;
  /** The form in words. */
  readonly expected: string;
}

export type HeaderOf = (name: string) => string | undefined;

export const GRPC_TIMEOUT: HeaderForm = {
  name: 'grpc-timeout',
  form: /^\d{1,8}[HMSmun]$/,
  expected: 'at most 8 digits and one of H, M, S, m, u and n',
};
export const CONNECT_TIMEOUT: HeaderForm = {
  name: 'connect-timeout-ms',
  form: /^\d{1,10}$/,
  expected: 'at most 10 digits',
};
export const CONNECT_VERSION: HeaderForm = {
  name: 'connect-protocol-version',
  form: /^1$/,
  expected: '1',
};

/** The name of the request's wish for an explanation, and over HTTP of the answer's explanation. */
export const EXPLAIN = 'x-explain';

export const asksToExplain = (header: HeaderOf): boolean => header(EXPLAIN) === '1';

/** The names of all headers above. */
export const PROTOCOL_HEADERS: readonly string[] = [GRPC_TIMEOUT, CONNECT_VERSION, CONNECT_TIMEOUT].map(
  ({ name }) => name,
);

export const invalidHeader = ({ name, expected }: HeaderForm): AppError =>
  appError('INVALID_PARAMETER', { key: name, reason: `it must be ${expected}` });

/** Refuses malformed headers, including duplicates. Errors: INVALID_PARAMETER. */
export function checkHeaders(forms: readonly HeaderForm[], header: HeaderOf): void {
  for (const each of forms) {
    const sent = header(each.name);
    if (sent !== undefined && !each.form.test(sent)) throw invalidHeader(each);
  }
}
