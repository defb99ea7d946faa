// Addresses: a path names the page, the query says what is shown in it, so that every view can be linked and reloaded.

let listener = () => {};

export function here() {
  return { path: location.pathname, search: location.search, query: new URLSearchParams(location.search) };
}

export function onNavigate(f) { listener = f; }

export function go(where, { replace = false } = {}) {
  if (where === location.pathname + location.search) return;
  history[replace ? 'replaceState' : 'pushState'](null, '', where);
  listener();
}

/** Changes parts of the query and leaves the rest. Null and '' take a part out. */
export function change(parts, options) {
  const query = new URLSearchParams(location.search);
  for (const [key, value] of Object.entries(parts)) {
    if (value === null || value === undefined || value === '') query.delete(key);
    else query.set(key, value);
  }
  const text = query.toString();
  go(location.pathname + (text ? '?' + text : ''), options);
}

addEventListener('popstate', () => listener());

// Links within the console change the page without loading it anew; with a modifier the browser does what it always does.
addEventListener('click', (e) => {
  if (e.defaultPrevented || e.button !== 0 || e.ctrlKey || e.metaKey || e.shiftKey || e.altKey) return;
  const link = e.target.closest?.('a[href^="/"]');
  if (!link || link.target || link.hasAttribute('download') || link.getAttribute('href').startsWith('/api/')) return;
  e.preventDefault();
  go(link.getAttribute('href'));
});
