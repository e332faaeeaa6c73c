/** A console below the page, in which its cells run: an engine of its own that forgets with the
 *  page. A cell runs after those above it that did not run yet, for it may need their tables. */

const repl = document.body.dataset.live;
const cells = repl ? [...document.querySelectorAll('pre.live')] : [];
/** the cells that ran in the console that is open */
const ran = new Set();
let dock;
let running = Promise.resolve();

for (const cell of cells) {
  const frame = document.createElement('div');
  const button = document.createElement('button');
  frame.className = 'cell';
  button.type = 'button';
  button.textContent = 'Run';
  button.setAttribute('aria-label', `Run: ${cell.textContent.slice(0, 60)}`);
  button.addEventListener('click', () => {
    // one after the other, however fast one clicks
    running = running.then(() => run(cell, button)).catch(fail);
  });
  cell.replaceWith(frame);
  frame.append(cell, button);
}

async function run(cell, button) {
  dock ??= open();
  const here = dock;
  here.button = button;
  // what is closed answers no more
  const cellsConsole = await Promise.race([here.console, here.closed]);
  const above = cells.slice(0, cells.indexOf(cell)).filter(other => !ran.has(other));
  for (const next of [...above, cell]) {
    if (here !== dock) {
      return;
    }
    ran.add(next);
    await Promise.race([cellsConsole.inject(next.textContent.trim()), here.closed]);
  }
}

/** A console of the site, with the kernel, in a frame of this page. */
function open() {
  const store = `milvus://memory/reference-${Date.now().toString(36)}`;
  const query = new URLSearchParams({
    kernel: 'milvus',
    toolbar: '1',
    code: store,
    execute: '1'
  });
  const panel = document.createElement('aside');
  const bar = document.createElement('div');
  const title = document.createElement('span');
  const button = document.createElement('button');
  const frame = document.createElement('iframe');
  panel.className = 'dock';
  panel.setAttribute('aria-label', 'Console');
  title.textContent = 'Runs in this tab, and is forgotten with it. Type on below.';
  button.type = 'button';
  button.textContent = 'Close';
  button.addEventListener('click', close);
  frame.title = 'A console with the Milvus kernel';
  // `+` would stay one
  frame.src = `${repl}?${query.toString().replaceAll('+', '%20')}`;
  bar.append(title, button);
  panel.append(bar, frame);
  document.body.append(panel);
  const opened = { panel, title, console: ready(frame) };
  opened.closed = new Promise(resolve => (opened.end = resolve));
  return opened;
}

/** The console in the frame, once its kernel is there; none in one that was closed. */
async function ready(frame) {
  for (let tries = 0; tries < 600 && frame.isConnected; tries++) {
    const shell = frame.contentWindow?.jupyterapp?.shell;
    const panel = shell && [...shell.widgets('main')].find(widget => widget.console);
    if (panel?.console.sessionContext.session?.kernel) {
      return panel.console;
    }
    await new Promise(resolve => setTimeout(resolve, 100));
  }
  if (frame.isConnected) {
    throw new Error('the console did not open');
  }
}

function fail(error) {
  if (dock) {
    dock.title.textContent = `This cell could not be run: ${error.message}`;
  }
}

function close() {
  const { panel, end, button } = dock;
  dock = undefined;
  ran.clear();
  // the next cell waits for none of a console that is gone
  running = Promise.resolve();
  panel.remove();
  end();
  button.focus();
}
