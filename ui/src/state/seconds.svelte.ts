// A clock for what counts down on screen; runs only while the component that asked for it lives.

export function everySecond(now: () => number): { readonly now: number } {
  let seconds = $state(now());
  $effect(() => {
    const beat = setInterval(() => (seconds = now()), 1000);
    return () => clearInterval(beat);
  });
  return {
    get now() {
      return seconds;
    },
  };
}
