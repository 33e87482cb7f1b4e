/** The names of a service on a loopback address (docs/http.md «Errors»). */
import { BlockList, isIP } from 'node:net';

/** Loopback addresses in any form of IPv6, those of IPv4 in it included. */
const LOOPBACK = new BlockList();
LOOPBACK.addSubnet('127.0.0.0', 8, 'ipv4');
LOOPBACK.addAddress('::1', 'ipv6');

/** Whether `host` is a loopback address or the name of one: without case, with the dot of the root or without. */
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

/** The first of a request's `authorities` that is misleading. */
export type MisleadingHost = (authorities: readonly string[]) => string | undefined;

/**
 * Where a service listens at `host`, a loopback address, a host of another name is misleading: a page of the open web may
 * have come through a name that points there. A request without any is no browser's.
 */
export const createHostCheck = (host: string): MisleadingHost =>
  isLoopback(host)
    ? (authorities) => authorities.find((authority) => !isLoopback(withoutPort(authority)))
    : () => undefined;
