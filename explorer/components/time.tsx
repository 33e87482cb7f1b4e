/** Dates of the service in the zone of the page. */
import { createContext } from 'preact';
import { useContext } from 'preact/hooks';
import { dateTime } from './format.js';

export const ZoneContext = createContext('UTC');

/** A date, with the text of the service as its title; other text as it is. */
export function Time({ text }: { readonly text: string }) {
  const zone = useContext(ZoneContext);
  return text === '' ? (
    <>–</>
  ) : (
    <time dateTime={text} title={text} dir="auto">
      {dateTime(text, zone)}
    </time>
  );
}
