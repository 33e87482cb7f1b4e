/** The caller that a token names. The service verifies the token; the page only shows these claims. */
import { isObject, parseJson, textAt } from './json.js';

export interface Caller {
  readonly domain: string;
  readonly user: string;
}

const JWT = /^[\w-]+\.(?<payload>[\w-]+)\.[\w-]*$/;

/** Reads the claims of a JWT; undefined for another text, such as one with an invisible character. */
export function callerOf(jwt: string): Caller | undefined {
  try {
    const { payload = '' } = JWT.exec(jwt.trim())?.groups ?? {};
    const bytes = Uint8Array.from(atob(payload.replaceAll('-', '+').replaceAll('_', '/')), (each) =>
      each.charCodeAt(0),
    );
    const claims = parseJson(new TextDecoder().decode(bytes));
    return isObject(claims) ? { domain: textAt(claims, 'did'), user: textAt(claims, 'aud') } : undefined;
  } catch {
    return undefined;
  }
}
