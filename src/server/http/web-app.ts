/** The context of a request and its variables, shared by the handlers of the HTTP listener. */
import type { Context } from 'hono';
import type { AppError } from '../../errors.js';
import type { HttpEnv } from '../http-server.js';

export interface WebApp extends HttpEnv {
  Variables: {
    requestId: string;
    /** True once the request has become a call. */
    called: boolean;
    /** The error of a refused request. */
    refusal: AppError | undefined;
  };
}

export type RequestContext = Context<WebApp>;
