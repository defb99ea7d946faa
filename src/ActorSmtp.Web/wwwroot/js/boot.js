// Runs before anything is drawn (a classic script in the head, so that no page flashes in the wrong colours).
(() => {
  try {
    const kept = localStorage.getItem('theme');
    if (kept === 'light' || kept === 'dark') document.documentElement.dataset.theme = kept;
  } catch { /* nothing is kept here */ }
})();
