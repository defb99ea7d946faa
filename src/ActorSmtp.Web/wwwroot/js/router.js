// Addresses: a path names the page, the query says what is shown in it, so that every view can be linked and reloaded.
// Browsers take only so many new addresses in some seconds (Chromium 200 in ten, Safari 100 in ten, silently or with an error): a key held
// down makes more. The page goes on all the same, and the browser's address follows once it is taken again.

const patience = 1000;

let listener = () => {};
let ahead = null;
let timer = null;

const inBrowser = () => location.pathname + location.search;

export function here() {
  const { pathname, search, searchParams } = new URL(ahead?.where ?? inBrowser(), location.origin);
  return { path: pathname, search, query: searchParams };
}

export function onNavigate(f) { listener = f; }

export function go(where, { replace = false } = {}) {
  const { path, search } = here();
  if (where === path + search) return;
  write(where, replace && !(ahead && !ahead.replace));
  listener();
}

/** Gives the browser the address; one that it does not take is kept and tried again, the newest alone. */
function write(where, replace) {
  clearTimeout(timer);
  ahead = null;
  const { origin, pathname, search } = new URL(where, location.origin);
  if (pathname + search === inBrowser()) return;
  try {
    history[replace ? 'replaceState' : 'pushState'](null, '', where);
    if (pathname + search === inBrowser()) return;
  } catch (fault) {
    if (fault.name !== 'SecurityError' || origin !== location.origin) throw fault;
  }
  ahead = { where, replace };
  timer = setTimeout(() => write(where, replace), patience);
}

/** Changes parts of the query and leaves the rest. Null and '' take a part out. */
export function change(parts, options) {
  const { path, query } = here();
  for (const [key, value] of Object.entries(parts)) {
    if (value === null || value === undefined || value === '') query.delete(key);
    else query.set(key, value);
  }
  const text = query.toString();
  go(path + (text ? '?' + text : ''), options);
}

addEventListener('popstate', () => {
  clearTimeout(timer);
  ahead = null;
  listener();
});

// Links within the console change the page without loading it anew; with a modifier the browser does what it always does.
addEventListener('click', (e) => {
  if (e.defaultPrevented || e.button !== 0 || e.ctrlKey || e.metaKey || e.shiftKey || e.altKey) return;
  const link = e.target.closest?.('a[href^="/"]');
  if (!link || link.target || link.hasAttribute('download') || link.getAttribute('href').startsWith('/api/')) return;
  e.preventDefault();
  go(link.getAttribute('href'));
});
