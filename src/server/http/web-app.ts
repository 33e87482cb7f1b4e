/** The facts about a request of the HTTP listener that its handlers hand on to each other. */
import type { AppError } from '../../errors.js';
import type { HttpEnv } from '../http-server.js';

export interface WebApp extends HttpEnv {
  Variables: {
    requestId: string;
    /** Whether the request has become a call. */
    called: boolean;
    /** The error with which the request was refused. */
    refusal: AppError | undefined;
  };
}
