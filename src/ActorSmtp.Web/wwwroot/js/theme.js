// Light, dark, or as the system is. Kept in this browser; applied before the first page is drawn.

const order = ['system', 'light', 'dark'];

export function theme() {
  try {
    const kept = localStorage.getItem('theme');
    return order.includes(kept) ? kept : 'system';
  } catch {
    return 'system';
  }
}

export function apply(which = theme()) {
  if (which === 'system') delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = which;
}

export function nextTheme() {
  const next = order[(order.indexOf(theme()) + 1) % order.length];
  try { localStorage.setItem('theme', next); } catch { /* a browser that keeps nothing: for this page only */ }
  apply(next);
  return next;
}
