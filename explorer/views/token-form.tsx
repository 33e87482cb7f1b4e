/** Asks for a token before the first call, if the service needs one. A token that is refused stays here, with the reason. */
import { useState } from 'preact/hooks';
import { CallError } from '../api/call-error.js';
import { callerOf } from '../api/caller.js';
import type { Caller } from '../api/caller.js';
import { send, setToken } from '../api/client.js';
import { statNewestJob } from '../api/newest-jobs.js';
import { textOf } from '../components/form.js';

/** The reason why the service does not take a token; '' for a token that it takes, or while it is away. */
async function refusalOf(caller: Caller, domain: string): Promise<string> {
  try {
    await send(statNewestJob(caller.domain || domain), new AbortController().signal);
    return '';
  } catch (error) {
    return error instanceof CallError && error.status === 401 ? error.message : '';
  }
}

interface TokenFormProps {
  /** The domain of the address. */
  readonly domain: string;
  onToken(caller: Caller): void;
}

export function TokenForm({ domain, onToken }: TokenFormProps) {
  const [refusal, setRefusal] = useState('');
  const submit = async (event: SubmitEvent & { readonly currentTarget: HTMLFormElement }): Promise<void> => {
    event.preventDefault();
    const token = textOf(new FormData(event.currentTarget), 'token');
    const caller = callerOf(token);
    if (caller === undefined) {
      setRefusal('This is no token: a token is a JWT of three parts, joined by dots.');
      return;
    }
    setToken(token);
    const reason = await refusalOf(caller, domain);
    setRefusal(reason);
    if (reason === '') onToken(caller);
    else setToken('');
  };
  return (
    <form class="welcome" onSubmit={(event) => void submit(event)}>
      <h2>Who are you?</h2>
      <p>
        This service answers who has a token: the access token or the API key of your account. It is kept in
        the memory of this page, and gone with it.
      </p>
      <label>
        Token <input type="password" name="token" required autocomplete="off" aria-describedby="refusal" />
      </label>
      <p id="refusal" class="faults" role="alert">
        {refusal}
      </p>
      <button type="submit" class="main">
        Go on
      </button>
    </form>
  );
}
