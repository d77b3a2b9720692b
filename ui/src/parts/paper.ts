// A sheet for the printer must not lie inside what the printer leaves out.

/** Moves an element to the end of the page for as long as it lives. */
export function onTop(element: HTMLElement): () => void {
  document.body.append(element);
  return () => element.remove();
}
