/** Checks the host of requests to a loopback address, against DNS rebinding (docs/http.md «Errors»). */
import { BlockList, isIP } from 'node:net';

/** Loopback addresses in any form of IPv6, including IPv4-mapped ones. */
const LOOPBACK = new BlockList();
LOOPBACK.addSubnet('127.0.0.0', 8, 'ipv4');
LOOPBACK.addAddress('::1', 'ipv6');

/** Recognizes a loopback address or the name of one, in any case, with or without the trailing dot. */
function isLoopback(host: string): boolean {
  const address = host.replace(/^\[(.*)\]$/, '$1');
  switch (isIP(address)) {
    case 4:
      return address.startsWith('127.');
    case 6:
      return LOOPBACK.check(address, 'ipv6');
    default:
      return /^localhost\.?$/i.test(host);
  }
}

const withoutPort = (authority: string): string => authority.replace(/:\d*$/, '');

/** Returns the first misleading one of a request's `authorities`. */
export type MisleadingHost = (authorities: readonly string[]) => string | undefined;

/**
 * Creates the check for a service that listens at `host`. On a loopback address any other name is misleading: a page of
 * the open web may have resolved its own name to that address. A request without a host does not come from a browser.
 */
export const createHostCheck = (host: string): MisleadingHost =>
  isLoopback(host)
    ? (authorities) => authorities.find((authority) => !isLoopback(withoutPort(authority)))
    : () => undefined;
