// The list of files. Folders are made when they are opened, so thousands of files cost nothing.

class Index {
  constructor(data) {
    this.data = data;
    const column = (name) => new Column(data[name]).take(data.count);
    const [origin, lines, self, total] = ['origin', 'lines', 'self', 'total'].map(column);
    this.files = data.files.map((path, i) => ({
      page: i,
      path,
      module: data.modules[i],
      origin: origin[i],
      lines: lines[i],
      self: self[i],
      total: total[i]
    }));
    this.most = this.files.length ? this.files[0].total : 0;
    const {run} = data;
    byId('title').textContent = clean(run.command || 'Heatmap', 300);
    byId('subtitle').textContent = [
      'heatmap',
      run.mode + ' mode',
      run.python && 'Python ' + run.python,
      run.process && 'process ' + run.process
    ]
      .filter(Boolean)
      .join(' \u00b7 ');
    this.cards();
    on(byId('filter'), 'input', () => this.show());
    on(byId('expand'), 'click', () => this.all(true));
    on(byId('collapse'), 'click', () => this.all(false));
    on(document, 'keydown', (event) => {
      if (event.key !== '/' || event.target.closest('input')) return;
      event.preventDefault();
      byId('filter').focus();
    });
    this.show();
  }

  cards() {
    const {run, samples, time} = this.data;
    const t = run.trust;
    const errors = t.attempts > 0 ? (t.attempts - t.valid) / t.attempts : 0;
    const missed = t.ticks + t.missed > 0 ? t.missed / (t.ticks + t.missed) : 0;
    const card = (title, value, share) => {
      const inside = el('dd', {}, value);
      if (share !== undefined) {
        const fill = el('i');
        fill.style.width = 100 * share + '%';
        inside.append(
          el(
            'div',
            {class: 'track', 'data-level': share < 0.05 ? 'good' : share < 0.15 ? 'warn' : 'bad'},
            fill
          )
        );
      }
      return el('div', {}, el('dt', {}, title), inside);
    };
    byId('cards').append(
      card('Files profiled', count(this.files.length)),
      card('Samples', count(samples)),
      card('Sampled time', seconds(time)),
      card('Duration', seconds(run.duration)),
      card('Samples a second', run.duration > 0 ? count(samples / (run.duration / 1e9)) : '\u2013'),
      card('Reads that failed', percent(errors, 1), errors),
      card('Ticks missed', percent(missed, 1), missed)
    );
  }

  show() {
    const query = byId('filter').value.trim().toLowerCase();
    const tree = byId('tree');
    if (!this.files.length) {
      tree.replaceChildren(el('p', {class: 'empty'}, 'No source file was seen in this run.'));
      return;
    }
    if (query) {
      const found = this.files.filter((f) =>
        (f.path + '\n' + f.module).toLowerCase().includes(query)
      );
      tree.replaceChildren(
        ...found.slice(0, 300).map((f) => this.row(f, f.path)),
        found.length ? '' : el('p', {class: 'empty'}, 'Nothing found.'),
        found.length > 300 ? el('p', {class: 'quiet'}, `and ${count(found.length - 300)} more`) : ''
      );
      return;
    }
    const groups = ['Project', 'Standard library', 'Site-packages', 'Other'].map(
      (title, origin) => ({title, files: this.files.filter((f) => f.origin === origin)})
    );
    const first = groups.find((g) => g.files.length);
    tree.replaceChildren(
      ...groups
        .filter((g) => g.files.length)
        .map((g) => this.group(g.title, g.files, 0, g === first))
    );
  }

  // A folder: what its files have below it is found when it is opened.
  group(title, files, depth, open) {
    // Self samples add up; a sample's total counts in every file on its stack, so totals do not.
    const weight = (list) => list.reduce((sum, f) => sum + f.self, 0);
    const box = el(
      'details',
      {'data-folder': title},
      el(
        'summary',
        {},
        name(title, 120),
        el(
          'span',
          {class: 'num'},
          `${count(files.length)} ${files.length === 1 ? 'file' : 'files'} \u00b7 ${count(weight(files))} self`
        )
      )
    );
    const fill = () => {
      if (box.dataset.filled) return;
      box.dataset.filled = 'yes';
      const folders = new Map();
      for (const file of files) {
        const parts = file.module ? file.module.split('.') : [file.path];
        const at = parts.length > depth + 1 ? parts[depth] : '';
        if (!folders.has(at)) folders.set(at, []);
        folders.get(at).push(file);
      }
      const direct = folders.get('') || [];
      folders.delete('');
      const below = [...folders].sort(
        (a, b) => weight(b[1]) - weight(a[1]) || (a[0] < b[0] ? -1 : 1)
      );
      box.append(
        ...below.map(([part, list]) =>
          this.group(part, list, depth + 1, depth === 0 && open && below.length < 6)
        ),
        ...direct.map((file) =>
          this.row(file, file.module ? file.module.split('.').slice(depth).join('.') : file.path)
        )
      );
    };
    on(box, 'toggle', () => box.open && fill());
    if (open) {
      fill();
      box.open = true;
    }
    return box;
  }

  row(file, label) {
    const fill = el('i');
    fill.style.width = (this.most > 0 ? (100 * file.total) / this.most : 0) + '%';
    return el(
      'div',
      {class: 'file', 'data-page': file.page},
      el('a', {href: pageName(file.page), title: clean(file.path, 1000)}, name(label, 200)),
      el('div', {class: 'track'}, fill),
      el('span', {class: 'num'}, `${count(file.self)} self \u00b7 ${count(file.total)}`)
    );
  }

  all(open) {
    byId('filter').value = '';
    this.show();
    // Opening fills a folder, and what it is filled with is opened in turn.
    for (let round = 0; round < 40; ++round) {
      const rest = [...document.querySelectorAll('.files details')].filter((d) => d.open !== open);
      if (!rest.length) break;
      for (const box of rest) {
        box.open = open;
        box.dispatchEvent(new Event('toggle'));
      }
    }
  }
}

startTheme();
window.heatmap = new Index(JSON.parse(byId('profile').textContent));
