/** Copies a text to the clipboard. */
import { useState } from 'preact/hooks';

interface CopyButtonProps {
  readonly name: string;
  readonly text: string;
  /** The name is seen, beside being read. */
  readonly isNamed?: boolean;
}

export function CopyButton({ name, text, isNamed = false }: CopyButtonProps) {
  const [outcome, setOutcome] = useState('');
  const copy = async (): Promise<void> => {
    try {
      await navigator.clipboard.writeText(text);
      setOutcome('Copied');
    } catch {
      // Only pages over TLS or from loopback have a clipboard, and the reader may refuse access to it.
      setOutcome('Not allowed here: select it instead');
    }
  };
  return (
    <span class="copy">
      <button type="button" onClick={() => void copy()}>
        Copy<span class={isNamed ? '' : 'hidden'}> {name}</span>
      </button>
      <span role="status">{outcome}</span>
    </span>
  );
}
