/** The context of a request and its variables, shared by the handlers of the HTTP listener. */
import type { Context } from 'hono';
import type { AppError } from '../../errors.js';
import type { HttpEnv } from '../http-server.js';
import type { Protocol } from './protocols.js';

export interface WebApp extends HttpEnv {
  Variables: {
    requestId: string;
    /** The protocol of a call, by its route and its content type; undefined: none of the route's, or no call. */
    protocol: Protocol | undefined;
    /** True once the request has become a call. */
    called: boolean;
    /** The error of a refused request. */
    refusal: AppError | undefined;
  };
}

export type RequestContext = Context<WebApp>;
