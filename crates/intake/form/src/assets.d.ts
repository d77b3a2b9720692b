/** The text of form.html's one style element; vite.form.config.ts lifts it out. */
declare module "virtual:letan-style" {
  const style: string;
  export default style;
}

/** A file as text. */
declare module "*?raw" {
  const text: string;
  export default text;
}
