/** The search over all pages: their words come as one file when somebody types, and what is chosen
 *  opens with the words marked on its page. */

const box = document.querySelector('header input');
const form = box.form;
const list = document.createElement('div');
const count = document.createElement('div');
const MOST_PAGES = 8;
const MOST_OF_A_PAGE = 4;

list.className = 'results';
list.id = 'results';
list.hidden = true;
list.setAttribute('role', 'listbox');
list.setAttribute('aria-label', 'Found');
count.className = 'count';
count.setAttribute('role', 'status');
form.append(list, count);
for (const [name, value] of Object.entries({
  role: 'combobox',
  'aria-expanded': 'false',
  'aria-controls': 'results',
  'aria-autocomplete': 'list'
})) {
  box.setAttribute(name, value);
}

let pages;
let isFailed = false;

/** The pages' words, asked for once; a failure is tried again at the next word. */
async function load() {
  pages ??= fetch(new URL('search.json', import.meta.url)).then(answer => {
    if (!answer.ok) {
      throw new Error(String(answer.status));
    }
    return answer.json();
  });
  try {
    isFailed = false;
    return await pages;
  } catch {
    pages = undefined;
    isFailed = true;
    return [];
  }
}

const words = text => text.toLowerCase().split(/\s+/).filter(Boolean);

/** How well a part answers: 0 if a word is missing. A heading counts more than a title, that more
 *  than the text, a whole word more than a piece of one. */
function score(wanted, title, part) {
  let total = 0;
  for (const word of wanted) {
    let best = 0;
    for (const [text, weight] of [
      [part.heading, 20],
      [title, 12],
      [part.text, 3]
    ]) {
      const at = text.toLowerCase().indexOf(word);
      if (at >= 0) {
        best += isWhole(text.toLowerCase(), word) ? weight * 2 : weight;
      }
    }
    if (best === 0) {
      return 0;
    }
    total += best;
  }
  return total;
}

function isWhole(text, word) {
  const isLetter = char => char !== undefined && /[\p{L}\p{N}_]/u.test(char);
  for (let at = text.indexOf(word); at >= 0; at = text.indexOf(word, at + 1)) {
    if (!isLetter(text[at - 1]) && !isLetter(text[at + word.length])) {
      return true;
    }
  }
  return false;
}

function find(all, wanted) {
  return all
    .map(page => {
      const parts = page.sections
        .map(part => ({ part, score: score(wanted, page.title, part) }))
        .filter(found => found.score > 0)
        .sort((one, other) => other.score - one.score)
        .slice(0, MOST_OF_A_PAGE);
      return { page, parts };
    })
    .filter(({ parts }) => parts.length > 0)
    .sort((one, other) => other.parts[0].score - one.parts[0].score)
    .slice(0, MOST_PAGES);
}

/** Puts a text into an element, the words in it marked. */
function mark(element, text, wanted) {
  const lower = text.toLowerCase();
  for (let at = 0; at < text.length; ) {
    const next = wanted
      .map(word => ({ at: lower.indexOf(word, at), length: word.length }))
      .filter(found => found.at >= 0)
      .sort((one, other) => one.at - other.at || other.length - one.length)[0];
    element.append(text.slice(at, next?.at));
    if (!next) {
      break;
    }
    const marked = document.createElement('mark');
    marked.textContent = text.slice(next.at, next.at + next.length);
    element.append(marked);
    at = next.at + next.length;
  }
}

/** The piece of a text around the first of the words that it has. */
function piece(text, wanted) {
  const places = wanted.map(word => text.toLowerCase().indexOf(word)).filter(at => at >= 0);
  const from = Math.max(0, Math.min(...places, text.length) - 50);
  // at the beginning of a word
  const start = places.length === 0 || from === 0 ? 0 : text.indexOf(' ', from) + 1;
  return `${start > 0 ? '… ' : ''}${text.slice(start, start + 160)}`;
}

async function search() {
  const text = box.value;
  const wanted = words(text);
  if (wanted.length === 0) {
    return close();
  }
  const found = find(await load(), wanted);
  // another word was typed meanwhile
  if (box.value === text) {
    show(found, wanted);
  }
}

function show(found, wanted) {
  list.replaceChildren();
  for (const { page, parts } of found) {
    const group = document.createElement('div');
    group.setAttribute('role', 'group');
    group.setAttribute('aria-label', page.title);
    const title = document.createElement('span');
    title.textContent = page.title;
    title.setAttribute('aria-hidden', 'true');
    group.append(title);
    for (const { part } of parts) {
      const option = document.createElement('a');
      option.setAttribute('role', 'option');
      option.setAttribute('aria-selected', 'false');
      option.id = `found-${page.page}-${part.id}`;
      option.tabIndex = -1;
      const find = encodeURIComponent(wanted.join(' '));
      option.href = new URL(`${page.page}?find=${find}#${part.id}`, import.meta.url).href;
      const heading = document.createElement('strong');
      const context = document.createElement('span');
      mark(heading, part.heading, wanted);
      mark(context, piece(part.text, wanted), wanted);
      option.append(heading, context);
      group.append(option);
    }
    list.append(group);
  }
  const total = options().length;
  const none = isFailed ? 'The words of the pages could not be loaded' : 'Nothing was found';
  count.textContent = total === 0 ? none : `${total} found`;
  list.hidden = total === 0;
  if (total === 0) {
    // a list without entries is no list
    close();
    note(none);
  }
  box.setAttribute('aria-expanded', String(total > 0));
  box.removeAttribute('aria-activedescendant');
}

/** One line in the place of the list. */
function note(line) {
  const shown = document.createElement('div');
  const text = document.createElement('p');
  shown.className = 'results none';
  text.textContent = line;
  shown.append(text);
  form.append(shown);
}

const options = () => [...list.querySelectorAll('a')];

function close() {
  form.querySelector('.none')?.remove();
  list.hidden = true;
  box.setAttribute('aria-expanded', 'false');
  box.removeAttribute('aria-activedescendant');
}

function move(step) {
  const all = options();
  const now = all.findIndex(option => option.ariaSelected === 'true');
  const next = now < 0 && step < 0 ? all.length - 1 : (now + step + all.length) % all.length;
  all.forEach((option, at) => option.setAttribute('aria-selected', String(at === next)));
  all[next].scrollIntoView({ block: 'nearest' });
  box.setAttribute('aria-activedescendant', all[next].id);
}

box.addEventListener('input', () => {
  close();
  void search();
});
box.addEventListener('focus', () => void (box.value && search()));
box.addEventListener('keydown', event => {
  if (event.key === 'Escape') {
    close();
  } else if (!list.hidden && (event.key === 'ArrowDown' || event.key === 'ArrowUp')) {
    event.preventDefault();
    move(event.key === 'ArrowDown' ? 1 : -1);
  }
});
form.addEventListener('submit', event => {
  event.preventDefault();
  const all = options();
  if (!list.hidden) {
    (all.find(option => option.ariaSelected === 'true') ?? all[0])?.click();
  }
});
list.addEventListener('click', close);
document.addEventListener('click', event => {
  if (!form.contains(event.target)) {
    close();
  }
});
document.addEventListener('keydown', event => {
  const isTyping = event.target.closest?.('input, textarea, [contenteditable]');
  if (event.key === '/' && !isTyping && !event.ctrlKey && !event.metaKey && !event.altKey) {
    event.preventDefault();
    box.focus();
    box.select();
  }
});

/** Marks the words for which this page was chosen, without a change to it. */
function highlight(wanted) {
  if (wanted.length === 0 || !globalThis.Highlight) {
    return;
  }
  const ranges = [];
  const walker = document.createTreeWalker(document.querySelector('main'), NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const text = walker.currentNode.data.toLowerCase();
    for (const word of wanted) {
      for (let at = text.indexOf(word); at >= 0; at = text.indexOf(word, at + word.length)) {
        const range = document.createRange();
        range.setStart(walker.currentNode, at);
        range.setEnd(walker.currentNode, at + word.length);
        ranges.push(range);
      }
    }
  }
  CSS.highlights.set('found', new Highlight(...ranges));
}

/** What scrolls to the side can be scrolled by the keyboard as well. */
function reach() {
  for (const wide of document.querySelectorAll('main pre, .wide')) {
    if (wide.scrollWidth > wide.clientWidth) {
      wide.tabIndex = 0;
    } else {
      wide.removeAttribute('tabindex');
    }
  }
}

const asked = new URLSearchParams(location.search);
highlight(words(asked.get('find') ?? ''));
if (asked.get('q')) {
  box.value = asked.get('q');
  box.focus();
}
reach();
addEventListener('resize', reach);
