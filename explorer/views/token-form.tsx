/** Asks for a token before the first call, if the service needs one. */
import { callerOf } from '../api/caller.js';
import type { Caller } from '../api/caller.js';
import { setToken } from '../api/client.js';
import { textOf } from '../components/form.js';

export function TokenForm({ onToken }: { onToken(caller: Caller): void }) {
  const submit = (event: SubmitEvent & { readonly currentTarget: HTMLFormElement }): void => {
    event.preventDefault();
    const token = textOf(new FormData(event.currentTarget), 'token');
    setToken(token);
    onToken(callerOf(token));
  };
  return (
    <form class="welcome" onSubmit={submit}>
      <h2>Who are you?</h2>
      <p>
        This service answers who has a token: the access token or the API key of your account. It is kept in
        the memory of this page, and gone with it.
      </p>
      <label>
        Token <input type="password" name="token" required autocomplete="off" />
      </label>
      <button type="submit" class="main">
        Go on
      </button>
    </form>
  );
}
