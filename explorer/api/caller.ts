/** The caller that a token names. The service verifies the token; the page only shows these claims. */
import { parseJson, textAt } from './json.js';

export interface Caller {
  readonly domain: string;
  readonly user: string;
}

/** Reads the claims of a JWT; empty texts for a token of another kind. */
export function callerOf(jwt: string): Caller {
  try {
    const [, payload = ''] = jwt.trim().split('.');
    const bytes = Uint8Array.from(atob(payload.replaceAll('-', '+').replaceAll('_', '/')), (each) =>
      each.charCodeAt(0),
    );
    const claims = parseJson(new TextDecoder().decode(bytes));
    return { domain: textAt(claims, 'did'), user: textAt(claims, 'aud') };
  } catch {
    // The service explains the fault in its answer to the first call.
    return { domain: '', user: '' };
  }
}
