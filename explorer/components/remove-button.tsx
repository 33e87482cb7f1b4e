/** Removes an item of a list, and leaves the focus beside it. */

/**
 * Items have their index as key, so the last element of the list goes, and the next item takes the place of the removed one.
 * The focus of the last one goes to the item before it, or behind an empty list.
 */
function keepFocus(button: HTMLElement): void {
  const item = button.closest('li');
  if (item === null || item.nextElementSibling !== null) return;
  const behind = item.parentElement?.nextElementSibling;
  const heir =
    item.previousElementSibling?.querySelector<HTMLElement>('.remove') ??
    (behind instanceof HTMLButtonElement ? behind : behind?.querySelector('button'));
  heir?.focus();
}

export const RemoveButton = ({ label, onRemove }: { readonly label: string; onRemove(): void }) => (
  <button
    type="button"
    class="quiet remove"
    aria-label={label}
    onClick={({ currentTarget }) => {
      keepFocus(currentTarget);
      onRemove();
    }}
  >
    ×
  </button>
);
