/** The kernel's logo, our own: vectors that meet in a point. */
const svg = [
  '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 64 64">',
  '<rect width="64" height="64" rx="12" fill="#0b3954"/>',
  '<g stroke-width="4" stroke-linecap="round">',
  '<path d="M14 48 46 20" stroke="#00b8d9"/>',
  '<path d="M14 48 34 12" stroke="#7ee0f2"/>',
  '<path d="M14 48 52 40" stroke="#7ee0f2"/>',
  '</g>',
  '<circle cx="46" cy="20" r="6" fill="#ffd166"/>',
  '<circle cx="34" cy="12" r="4" fill="#fff"/>',
  '<circle cx="52" cy="40" r="4" fill="#fff"/>',
  '<circle cx="14" cy="48" r="5" fill="#00b8d9"/>',
  '</svg>'
].join('');

export const logo = `data:image/svg+xml;base64,${btoa(svg)}`;
