/** Text of jobs in a sentence of the page: it rearranges none of it, is seen where it is blank, and has its whole as a title where it is cut. */
import { cut, visible } from '../state/shown-text.js';

export function Datum({ text }: { readonly text: string }) {
  const whole = visible(text);
  const shown = cut(whole);
  return <bdi title={shown === whole ? undefined : text}>{shown}</bdi>;
}
