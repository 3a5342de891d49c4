// What both kinds of heatmap pages share.

function startTheme(changed) {
  const root = document.documentElement;
  const dark = matchMedia('(prefers-color-scheme: dark)');
  const stored = remembered('theme');
  const set = (kind) => {
    root.dataset.theme = kind;
    if (changed) changed();
  };
  root.dataset.theme =
    stored === 'dark' || stored === 'light' ? stored : dark.matches ? 'dark' : 'light';
  on(dark, 'change', () => {
    if (!remembered('theme')) set(dark.matches ? 'dark' : 'light');
  });
  on(byId('theme'), 'click', () => {
    set(root.dataset.theme === 'dark' ? 'light' : 'dark');
    remember('theme', root.dataset.theme);
  });
}

function pageName(number) {
  return 'file_' + String(number).padStart(4, '0') + '.html';
}

// Eight steps of heat for a count, on the scale of logarithms that makes both a hot line and the
// lines around it visible.
function heatLevel(n, most) {
  if (!(n > 0) || !(most > 0)) return 0;
  return Math.max(1, Math.min(8, Math.ceil((8 * Math.log(n + 1)) / Math.log(most + 1))));
}
