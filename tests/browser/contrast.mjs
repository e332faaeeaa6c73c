// How well a colour is read on what is behind it.

/** The contrast of a colour with the colours behind it, the nearest first, as WCAG 2 has it. */
export function contrast(color, behind) {
  const parts = color => {
    const [red, green, blue, alpha = 1] = color.match(/[\d.]+/g).map(Number);
    return { rgb: [red, green, blue], alpha };
  };
  const over = (top, bottom) =>
    top.rgb.map((value, at) => value * top.alpha + bottom[at] * (1 - top.alpha));
  const ground = behind
    .map(parts)
    .reverse()
    .reduce((bottom, top) => over(top, bottom), [255, 255, 255]);
  const luminance = rgb => {
    const [red, green, blue] = rgb.map(value => {
      const share = value / 255;
      return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
  };
  const [dark, light] = [luminance(over(parts(color), ground)), luminance(ground)].sort(
    (one, other) => one - other
  );
  return (light + 0.05) / (dark + 0.05);
}
