/** The names of a service on a loopback address (docs/http.md «Errors»). */
import { BlockList, isIP } from 'node:net';

const ADDRESSES = new BlockList();
ADDRESSES.addSubnet('127.0.0.0', 8, 'ipv4');
ADDRESSES.addAddress('::1', 'ipv6');

/** Whether `host` is a loopback address or the name of one: without case, with the dot of the root or without. */
function isLoopback(host: string): boolean {
  const address = host.replace(/^\[(.*)\]$/, '$1');
  const family = isIP(address);
  if (family === 0) return /^localhost\.?$/i.test(host);
  return ADDRESSES.check(address, family === 6 ? 'ipv6' : 'ipv4');
}

const withoutPort = (authority: string): string => authority.replace(/:\d*$/, '');

/**
 * The first of a request's `authorities` that is no loopback name, where the service listens at `host`, a loopback
 * address: a page of the open web may have come through a name that points there. A request without any is no browser's.
 */
export const misleadingHost = (host: string, authorities: readonly string[]): string | undefined =>
  isLoopback(host) ? authorities.find((authority) => !isLoopback(withoutPort(authority))) : undefined;
