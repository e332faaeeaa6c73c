/** The front page's cell that runs, its buttons that copy, where its links to notebooks lead. */

// where there is room for it, a notebook opens in Lab; on a phone it stays by itself
const isWide = matchMedia('(min-width: 760px)');
const cell = document.querySelector('.cell');
const shown = cell.querySelector('code');
const copied = document.querySelector('#copied');
/** A 3, by hand, in pixels of 0 to 16. */
const DRAWN = `SET @mine = [
  0, 0, 9,16,16,10, 0, 0,
  0, 0, 6, 4, 8,16, 3, 0,
  0, 0, 0, 0, 6,16, 2, 0,
  0, 0, 0, 9,16, 9, 0, 0,
  0, 0, 0, 4,10,16, 4, 0,
  0, 0, 0, 0, 0,12, 9, 0,
  0, 0, 6, 4, 7,16, 6, 0,
  0, 0,10,16,15, 8, 0, 0
];
SELECT label, picture, distance
FROM digits ORDER BY vector <-> :mine LIMIT 5`;

function lead() {
  const app = isWide.matches ? 'lab' : 'notebooks';
  for (const link of document.querySelectorAll('[data-notebook]')) {
    link.href = `${app}/index.html?path=${link.dataset.notebook}`;
  }
}

/** A console of the site, in which the code runs when it opens. */
function consoleOf(code) {
  const query = new URLSearchParams({
    kernel: 'milvus',
    toolbar: '1',
    code: cell.dataset.setup + code,
    execute: '1'
  });
  // a `+` would stay one
  return `repl/index.html?${query.toString().replaceAll('+', '%20')}`;
}

/** Puts the console in the place of what the cell shows: it is loaded when it is asked for. */
function run(code) {
  const frame = document.createElement('iframe');
  frame.title = 'A console with the Milvus kernel';
  frame.src = consoleOf(code);
  shown.textContent = code;
  const hadFocus = cell.contains(document.activeElement);
  cell.replaceChildren(shown.parentElement, frame);
  if (hadFocus) {
    // the button is gone
    frame.focus();
  }
  cell.scrollIntoView({ block: 'nearest' });
}

/** The text to copy: of a file beside this page, or of an element of it. */
async function textFor({ file, text }) {
  if (!file) {
    return document.getElementById(text).textContent;
  }
  const answer = await fetch(file);
  if (!answer.ok) {
    throw new Error(`${file}: ${answer.status}`);
  }
  return answer.text();
}

async function copy(button) {
  const label = button.textContent;
  let said = 'Copied';
  try {
    await navigator.clipboard.writeText(await textFor(button.dataset));
  } catch {
    // as it is where this page came over plain http
    said = navigator.clipboard ? 'Not copied' : 'Needs https';
  }
  button.textContent = said;
  copied.textContent = said;
  setTimeout(() => {
    button.textContent = label;
    copied.textContent = '';
  }, 2000);
}

isWide.addEventListener('change', lead);
lead();

cell.querySelector('.run').addEventListener('click', event => {
  event.preventDefault();
  run(shown.textContent);
});
document.querySelector('[data-code="draw"]').addEventListener('click', () => run(DRAWN));
for (const button of document.querySelectorAll('.copy')) {
  button.addEventListener('click', () => void copy(button));
}
if (location.protocol.startsWith('http')) {
  document.querySelector('#origin').textContent = location.origin;
}
