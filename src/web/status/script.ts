/**
 * The script of the pages, as served. Everything that they can do they can do without it, by links and forms; this
 * fetches the same addresses and changes the page in place, so that nothing flickers, scrolls or loses the focus, and
 * tells times in the reader's own zone.
 */
export const SCRIPT = `'use strict';
const PERIOD_MS = 3000;
// While a reader waits for the end of a run.
const BUSY_PERIOD_MS = 500;
const TYPING_MS = 150;
const live = document.getElementById('live');
let timer = 0;
let request = null;

// The Swedish way to write a time is the international one.
const ZONED = new Intl.DateTimeFormat('sv', {
  year: 'numeric', month: '2-digit', day: '2-digit',
  hour: '2-digit', minute: '2-digit', second: '2-digit', timeZoneName: 'short',
});

document.documentElement.classList.add('scripted');
localise(document);

async function update() {
  clearTimeout(timer);
  request?.abort();
  const mine = request = new AbortController();
  try {
    const signal = AbortSignal.any([mine.signal, AbortSignal.timeout(10_000)]);
    const response = await fetch(location.href, { signal, cache: 'no-store' });
    if (!response.ok) throw new Error(response.statusText);
    const fresh = new DOMParser().parseFromString(await response.text(), 'text/html');
    localise(fresh);
    if (document.title !== fresh.title) document.title = fresh.title;
    const focused = document.activeElement;
    for (const part of ['main', 'footer', 'nav']) morph(document.querySelector(part), fresh.querySelector(part));
    // A row that changed its place lost the focus on the way.
    if (focused?.isConnected && focused !== document.activeElement) focused.focus({ preventScroll: true });
    live.hidden = true;
  } catch {
    if (mine.signal.aborted) return;
    if (live.hidden) {
      live.textContent = 'Not answering since ' + new Date().toLocaleTimeString() + ', trying again';
      live.hidden = false;
    }
  }
  if (!document.hidden) schedule();
}

function schedule() {
  timer = setTimeout(update, document.querySelector('dl .busy') ? BUSY_PERIOD_MS : PERIOD_MS);
}

function localise(root) {
  for (const time of root.querySelectorAll('time')) {
    const own = ZONED.format(new Date(time.dateTime));
    if (time.title) time.title = own;
    else time.textContent = own;
  }
}

// Makes one element like another, touching only what differs.
function morph(old, fresh) {
  for (const { name } of [...old.attributes]) {
    // A failure that the reader opened stays open.
    if (!fresh.hasAttribute(name) && name !== 'open') old.removeAttribute(name);
  }
  for (const { name, value } of fresh.attributes) {
    if (old.getAttribute(name) !== value) old.setAttribute(name, value);
  }
  if (old.localName === 'option' && document.activeElement !== old.parentNode) old.selected = fresh.selected;
  const keyed = new Map();
  for (const child of old.children) if (child.dataset.key) keyed.set(child.dataset.key, child);
  let at = old.firstChild;
  for (const child of [...fresh.childNodes]) {
    const key = child.dataset?.key;
    const match = key ? keyed.get(key) : isAlike(at, child) ? at : null;
    if (!match) {
      old.insertBefore(child, at);
    } else {
      if (match === at) at = at.nextSibling;
      else old.insertBefore(match, at);
      keyed.delete(key);
      if (match.nodeType === Node.ELEMENT_NODE) morph(match, child);
      else if (match.data !== child.data) match.data = child.data;
    }
  }
  while (at) {
    const next = at.nextSibling;
    at.remove();
    at = next;
  }
}

function isAlike(old, fresh) {
  return old !== null && old.nodeName === fresh.nodeName && !old.dataset?.key;
}

function show(address, remember) {
  if (remember) history.pushState(null, '', address);
  else history.replaceState(null, '', address);
  return update();
}

function formAddress(form) {
  const search = new URLSearchParams(new FormData(form));
  if (!search.get('q')) search.delete('q');
  if (search.get('sort') === 'state') search.delete('sort');
  return '?' + search;
}

document.addEventListener('click', (event) => {
  const link = event.target.closest('a[data-live]');
  if (!link || event.button || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
  event.preventDefault();
  show(link.href, true).then(() => {
    if (link.rel) document.getElementById('tasks').scrollIntoView();
  });
});

document.addEventListener('submit', (event) => {
  if (!event.target.matches('.filter')) return;
  event.preventDefault();
  show(formAddress(event.target), false);
});

document.addEventListener('input', ({ target }) => {
  clearTimeout(timer);
  timer = setTimeout(() => show(formAddress(target.form), false), TYPING_MS);
});

document.addEventListener('keydown', (event) => {
  const field = document.querySelector('input[type=search]');
  if (!field || event.key !== '/' || event.target === field || event.ctrlKey || event.metaKey) return;
  event.preventDefault();
  field.select();
});

addEventListener('popstate', () => {
  const field = document.querySelector('input[type=search]');
  if (field) field.value = new URLSearchParams(location.search).get('q') ?? '';
  update();
});

document.addEventListener('visibilitychange', () => {
  clearTimeout(timer);
  if (!document.hidden) update();
});

schedule();
`;
