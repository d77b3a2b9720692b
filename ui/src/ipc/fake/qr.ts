// A picture for where a code would be.

/** Looks like a QR code, holds nothing. */
export function fakeQr(): string {
  const cells: string[] = [];
  let seed = 7;
  for (let y = 0; y < 29; y++)
    for (let x = 0; x < 29; x++) {
      const inEye = (ex: number, ey: number) => x >= ex && x < ex + 7 && y >= ey && y < ey + 7;
      const eye = [
        [0, 0],
        [22, 0],
        [0, 22],
      ].find(([ex = 0, ey = 0]) => inEye(ex, ey));
      seed = (seed * 1103515245 + 12345) & 0x7fffffff;
      let on = (seed >> 16) % 2 === 1;
      if (eye) {
        const [ex = 0, ey = 0] = eye;
        const [dx, dy] = [x - ex, y - ey];
        on = dx === 0 || dx === 6 || dy === 0 || dy === 6 || (dx > 1 && dx < 5 && dy > 1 && dy < 5);
      }
      if (on) cells.push(`M${x} ${y}h1v1h-1z`);
    }
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="-2 -2 33 33"><path fill="#fff" d="M-2-2h33v33h-33z"/><path d="${cells.join("")}"/></svg>`;
}
