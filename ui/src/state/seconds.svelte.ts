// A clock for what counts down on screen; runs only while the component that asked for it lives.

export function everySecond(now: () => number): { readonly now: number } {
  let beats = $state(0);
  $effect(() => {
    const beat = setInterval(() => beats++, 1000);
    return () => clearInterval(beat);
  });
  return {
    /** Always the present: what began between two beats must not seem to last longer. */
    get now() {
      void beats;
      return now();
    },
  };
}
