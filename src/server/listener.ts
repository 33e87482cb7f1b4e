/** A port on which the service listens, whatever is spoken there. */
export interface Listener {
  /** `host:port`. */
  readonly address: string;
  /** Accepts no new calls, lets running ones finish for `grace` milliseconds, then ends them. */
  close(grace: number): Promise<void>;
}

/** `host` as it stands in an address: an IPv6 address in brackets. */
export const inAddress = (host: string): string => (host.includes(':') ? `[${host}]` : host);
