/** The search box of the page: jobs, collectors and error codes by a fragment, over all time (docs/explorer.md «Search»). */
import { useEffect, useRef, useState } from 'preact/hooks';
import { hashOf } from '../state/route.js';
import type { Route } from '../state/route.js';
import { jobHref, MIN_LENGTH, Results } from './search-results.js';
import { focusAnswer } from './skip-link.js';
import { useSettledText } from './use-settled-text.js';

/** Job ids as the writers of jobs make them: one of these opens at once. */
const WHOLE_ID = /^job-[0-9a-f]{12}$/;

/** `/` leads into the box from everywhere but another field. */
function useSlash(focus: () => void): void {
  useEffect(() => {
    const onKey = (event: KeyboardEvent): void => {
      const isTyping = event.target instanceof HTMLElement && event.target.matches('input, textarea, select');
      if (event.key !== '/' || isTyping || event.ctrlKey || event.metaKey) return;
      event.preventDefault();
      focus();
    };
    addEventListener('keydown', onKey);
    return () => removeEventListener('keydown', onKey);
  }, []);
}

export function Search({ route }: { readonly route: Route }) {
  const search = useRef<HTMLElement>(null);
  const box = useRef<HTMLInputElement>(null);
  const [text, setText] = useState('');
  const [isEntered, setEntered] = useState(false);
  const settled = useSettledText(text.trim());
  useSlash(() => box.current?.focus());
  const type = (to: string): void => {
    setText(to);
    setEntered(false);
  };
  // What is closed has no focus: it goes to what was chosen.
  const close = (): void => {
    if (search.current?.contains(document.activeElement) === true) focusAnswer();
    type('');
  };
  // Another view means that the reader has chosen.
  useEffect(close, [hashOf(route)]);
  // The view that is shown already changes no address.
  const follow = (href: string): void => {
    if (href === hashOf(route)) close();
  };
  const open = (href: string): void => {
    location.hash = href;
    follow(href);
  };
  const submit = (event: Event): void => {
    event.preventDefault();
    const whole = text.trim();
    if (WHOLE_ID.test(whole)) open(jobHref(route, whole));
    else setEntered(true);
  };
  const escape = (): void => {
    box.current?.focus();
    type('');
  };
  return (
    <search class="search" ref={search} onKeyDown={({ key }) => key === 'Escape' && escape()}>
      <form onSubmit={submit}>
        <input
          ref={box}
          type="search"
          aria-label="Search jobs, collectors and error codes"
          placeholder="Search  /"
          value={text}
          onInput={({ currentTarget }) => type(currentTarget.value)}
        />
      </form>
      {text.trim().length >= MIN_LENGTH && (
        <Results
          route={route}
          text={settled}
          opensFirst={isEntered && settled === text.trim()}
          onOpen={open}
          onFollow={follow}
        />
      )}
    </search>
  );
}
