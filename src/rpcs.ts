/** The service of this program and its rpcs, named as in the contract. */

export const SERVICE = 'spaceone.api.inventory.v1.Job';

export const RPCS = ['get', 'list', 'stat', 'delete'] as const;
export type Rpc = (typeof RPCS)[number];
