/**
 * Loaded into the service before its own code (`node --import`): names under `trial` are not known to the DNS until
 * LATE_NAMES milliseconds are over; then they are this machine, and they list one server at the port LATE_PORT.
 */
import dns from 'node:dns';
import type { LookupAddress, LookupOptions, SrvRecord } from 'node:dns';

const known = performance.now() + Number(process.env['LATE_NAMES']);
const port = Number(process.env['LATE_PORT']);
const { lookup } = dns;

const unknown = (syscall: string, hostname: string): Error =>
  Object.assign(new Error(`${syscall} ENOTFOUND ${hostname}`), { code: 'ENOTFOUND', syscall, hostname });

const isLate = (): boolean => performance.now() < known;

type Found = (error: Error | null, address?: string | LookupAddress[], family?: number) => void;

function lateLookup(hostname: string, options: LookupOptions, found: Found): void {
  if (!hostname.endsWith('.trial')) lookup(hostname, options, found);
  else if (isLate()) found(unknown('getaddrinfo', hostname));
  else if (options.all === true) found(null, [{ address: '127.0.0.1', family: 4 }]);
  else found(null, '127.0.0.1', 4);
}

const lateRecords = (hostname: string, type: string): Promise<SrvRecord[]> =>
  isLate() || type !== 'SRV'
    ? Promise.reject(unknown(`query${type}`, hostname))
    : Promise.resolve([{ name: 'node.late.trial', port, priority: 0, weight: 0 }]);

Object.assign(dns, { lookup: lateLookup });
Object.assign(dns.promises, { resolve: lateRecords });
