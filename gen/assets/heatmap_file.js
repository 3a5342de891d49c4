// One source file, line by line.

class FilePage {
  constructor(data) {
    this.data = data;
    const column = (name) => new Column(data[name]).take(data.count);
    const big = (name) => {
      const values = new Column(data[name]);
      return Float64Array.from({length: data.count}, () => values.next());
    };
    const line = column('line'),
      self = column('lineSelf'),
      total = column('lineTotal'),
      selfTime = big('lineSelfTime'),
      totalTime = big('lineTotalTime');
    this.lines = new Map();
    line.forEach((n, i) =>
      this.lines.set(n, {
        self: self[i],
        total: total[i],
        selfTime: selfTime[i],
        totalTime: totalTime[i]
      })
    );
    this.mostSelf = Math.max(
      0,
      ...(self.length < 50000 ? self : [self.reduce((a, b) => Math.max(a, b), 0)])
    );
    this.mostTotal = total.reduce((a, b) => Math.max(a, b), 0);
    this.callers = this.byLine(data.callers);
    this.callees = this.byLine(data.callees);
    this.instructions = this.byLine(data.instructions);
    this.source = data.source === null ? null : data.source.split(/\r\n|\n|\r/);
    if (this.source && this.source[this.source.length - 1] === '') this.source.pop();
    this.metric = remembered('heat-metric') === 'total' || !this.mostSelf ? 'total' : 'self';
    this.hot = remembered('heat-lines') === 'hot';
    this.kind = 'heat';
    this.build();
    this.paint();
    this.reveal();
  }

  byLine(entries) {
    const map = new Map();
    for (const entry of entries) {
      if (!map.has(entry[0])) map.set(entry[0], []);
      map.get(entry[0]).push(entry);
    }
    return map;
  }

  build() {
    const {data} = this;
    const origin = ['project', 'standard library', 'site-packages', 'other'][data.origin];
    byId('title').textContent = clean(data.file, 1000);
    byId('title').title = clean(data.file, 4000);
    byId('subtitle').textContent = [data.module, origin, `file ${data.page + 1} of ${data.pages}`]
      .filter(Boolean)
      .map((t) => clean(t, 200))
      .join(' \u00b7 ');
    const card = (title, value) => el('div', {}, el('dt', {}, title), el('dd', {}, value));
    byId('cards').append(
      card('Self samples', count(data.self)),
      card('Total samples', count(data.total)),
      card('Of the run', percent(data.total, data.samples)),
      card('Of the hottest file', percent(data.total, data.hottest)),
      card('Lines seen', count(data.count)),
      card('Most on one line', `${count(this.mostSelf)} self \u00b7 ${count(this.mostTotal)}`)
    );
    byId('kind').hidden = byId('bytecode').hidden = !this.instructions.size;
    this.rows();
    const choose = (id, act) =>
      on(byId(id), 'click', (event) => {
        const button = event.target.closest('button');
        if (!button) return;
        act(button.dataset.value);
        this.paint();
      });
    choose('metric', (v) => remember('heat-metric', (this.metric = v)));
    choose('cold', (v) => {
      this.hot = v === 'hot';
      remember('heat-lines', v);
    });
    choose('kind', (v) => {
      this.kind = v;
    });
    on(byId('bytecode'), 'click', () => this.allPanels());
    const lines = byId('lines');
    on(lines, 'click', (event) => this.clicked(event));
    on(lines, 'scroll', () => this.drawMap());
    for (const [event, lit] of [
      ['mouseover', true],
      ['mouseout', false]
    ])
      on(lines, event, (e) => this.light(e.target, lit));
    on(document, 'keydown', (event) => this.keyed(event));
    on(document, 'click', (event) => {
      if (this.menu && !this.menu.contains(event.target)) this.closeMenu();
    });
    on(window, 'hashchange', () => this.reveal());
    on(window, 'beforeprint', () => this.chunks.forEach((chunk) => this.fill(chunk)));
    new ResizeObserver(() => this.drawMap()).observe(byId('map'));
    const map = byId('map');
    const jump = (event) => {
      const box = map.getBoundingClientRect();
      lines.scrollTop =
        ((event.clientY - box.top) / box.height) * lines.scrollHeight - lines.clientHeight / 2;
    };
    on(map, 'pointerdown', (event) => {
      map.setPointerCapture(event.pointerId);
      jump(event);
    });
    on(map, 'pointermove', (event) => map.hasPointerCapture(event.pointerId) && jump(event));
  }

  // Every line of the source; without one, the lines that were seen.
  rows() {
    const holder = byId('lines');
    const seen = [...new Set([...this.lines.keys(), ...this.callers.keys()])].sort((a, b) => a - b);
    this.first = seen[0];
    const last = seen.length ? seen[seen.length - 1] : 0;
    if (!this.source)
      byId('what').textContent =
        'The source is not known: it was not in the recording, or could not be read.';
    const numbers = this.source
      ? Array.from(
          {length: Math.max(this.source.length, Math.min(last, this.source.length + 1000))},
          (_, i) => i + 1
        )
      : seen;
    this.numbers = numbers;
    this.row = new Map();
    this.chunks = [];
    for (let at = 0; at < numbers.length; at += 200) {
      const part = numbers.slice(at, at + 200);
      const box = el('div', {class: 'chunk'});
      box.style.containIntrinsicSize = `auto ${20 * part.length}px`;
      box.style.minHeight = `${20 * part.length}px`;
      this.chunks.push({part, box});
      holder.append(box);
    }
    // A long file is shown before all of its lines are made.
    this.fillSome(0, 0);
  }
  fillSome(from, most) {
    const until = performance.now() + most;
    let at = from;
    while (at < this.chunks.length && (at < 10 || performance.now() < until))
      this.fill(this.chunks[at++]);
    if (at < this.chunks.length) setTimeout(() => this.fillSome(at, 12), 0);
  }
  fill(chunk) {
    if (!chunk.part) return;
    const rows = chunk.part.map((n) => this.dress(n, this.makeRow(n)));
    chunk.part = null;
    chunk.box.style.minHeight = '';
    chunk.box.append(...rows);
  }
  // The row of a line, made now if need be.
  rowOf(n) {
    const at = this.source ? n - 1 : this.numbers.indexOf(n);
    const chunk = this.chunks[Math.floor(at / 200)];
    if (chunk) this.fill(chunk);
    return this.row.get(n);
  }

  makeRow(n) {
    const line = this.lines.get(n);
    const text = this.source ? (this.source[n - 1] ?? '') : '';
    const code = el('span', {class: 'c'});
    this.putCode(code, n, text);
    const nav = el('span', {class: 'nav'});
    const add = (list, sign, what) => {
      if (list)
        nav.append(
          el(
            'button',
            {
              'data-nav': what,
              title: `${list.length === 1 ? clean(list[0][1], 80) + ', ' : list.length + ' '}${what}`,
              'aria-label': `${what} of line ${n}`
            },
            sign
          )
        );
    };
    add(this.callers.get(n), '\u25b2', 'callers');
    add(this.callees.get(n), '\u25bc', 'callees');
    if (this.instructions.has(n))
      nav.append(
        el(
          'button',
          {
            'data-nav': 'bytecode',
            'aria-expanded': 'false',
            title: 'bytecode',
            'aria-label': `bytecode of line ${n}`
          },
          '\u2261'
        )
      );
    const row = el(
      'div',
      {class: 'row', id: 'line-' + n, 'data-line': n},
      el('a', {class: 'n', href: '#line-' + n, 'aria-label': 'Line ' + n}, String(n)),
      el('span', {class: 's'}, line && line.self ? count(line.self) : ''),
      el('span', {class: 't'}, line ? count(line.total) : ''),
      nav,
      code
    );
    if (line) {
      row.title =
        `Self ${count(line.self)} samples, ${seconds(line.selfTime)}, ${percent(line.self, this.data.samples)}\n` +
        `Total ${count(line.total)} samples, ${seconds(line.totalTime)}, ${percent(line.total, this.data.samples)}`;
    }
    this.row.set(n, row);
    return row;
  }

  // Expressions that instructions were compiled from are marked where the columns are known.
  putCode(code, n, text) {
    if (!this.instructions.has(n)) {
      code.textContent = clean(text.replaceAll('\t', '        '), 2000);
      return;
    }
    const ranges = new Map();
    let all = 0;
    for (const [, end, from, to, , , total] of this.instructions.get(n) || []) {
      all += total;
      if (end !== n || from < 0 || to <= from) continue;
      ranges.set(`${from}-${to}`, (ranges.get(`${from}-${to}`) || 0) + total);
    }
    // Where ranges overlap the shorter one is shown, it says more.
    const bytes = new TextEncoder().encode(text);
    const owner = new Array(text.length);
    const unit = (byte) => new TextDecoder().decode(bytes.subarray(0, byte)).length;
    for (const [id, total] of [...ranges].sort((a, b) => this.width(b[0]) - this.width(a[0]))) {
      const [from, to] = id.split('-').map((b) => unit(Number(b)));
      owner.fill([id, total], from, to);
    }
    let at = 0;
    while (at < text.length) {
      let end = at + 1;
      while (end < text.length && owner[end] === owner[at]) ++end;
      const part = clean(text.slice(at, end).replaceAll('\t', '        '), 2000);
      if (owner[at]) {
        const [id, total] = owner[at];
        const share = total / all;
        code.append(
          el(
            'span',
            {
              class: 'range' + (share > 0.7 ? ' hot' : share > 0.3 ? ' warm' : ''),
              'data-range': id,
              title: `${count(total)} samples, ${percent(total, all)} of this line`
            },
            part
          )
        );
      } else {
        code.append(part);
      }
      at = end;
    }
  }
  width(id) {
    const [from, to] = id.split('-').map(Number);
    return to - from;
  }

  paint() {
    const {metric, hot, kind} = this;
    const press = (id, value) => {
      for (const button of byId(id).children)
        button.setAttribute('aria-pressed', String(button.dataset.value === value));
    };
    press('metric', metric);
    press('cold', hot ? 'hot' : 'all');
    press('kind', kind);
    byId('lines').classList.toggle('hot-only', hot);
    for (const [n, row] of this.row) {
      this.dress(n, row);
      const panel = row.querySelector('.ops');
      if (panel) panel.replaceWith(this.panel(n));
    }
    this.drawMap();
  }

  cold(n) {
    return !this.lines.has(n) && !this.callers.has(n);
  }
  // A row in the colours of the moment.
  dress(n, row) {
    const {metric} = this;
    const line = this.lines.get(n);
    const level = heatLevel(
      line ? line[metric] : 0,
      metric === 'self' ? this.mostSelf : this.mostTotal
    );
    const special = this.kind === 'specialization' ? this.specialized(n) : null;
    let colour = '';
    if (this.kind === 'heat') colour = level ? 'h' + level : '';
    else if (special !== null) colour = special >= 67 ? 'sp3' : special >= 33 ? 'sp2' : 'sp1';
    const place = this.cold(n) ? 'cold ' : n > this.first && this.cold(n - 1) ? 'after-gap ' : '';
    row.className = 'row ' + place + colour + (row.classList.contains('target') ? ' target' : '');
    return row;
  }

  // Share of a line's samples that ran specialised instructions, in percent.
  specialized(n) {
    const list = this.instructions.get(n);
    if (!list) return null;
    let all = 0;
    let special = 0;
    for (const entry of list) {
      const samples = entry[this.metric === 'self' ? 5 : 6] || 0;
      all += samples;
      if (this.data.opcodes[entry[4]].specialized) special += samples;
    }
    return all > 0 ? (100 * special) / all : null;
  }

  panel(n) {
    const at = this.metric === 'self' ? 5 : 6;
    const merged = new Map();
    for (const entry of this.instructions.get(n)) {
      const id = entry[4] + ' ' + entry[2] + '-' + entry[3];
      const known = merged.get(id);
      if (known) known.samples += entry[at];
      else
        merged.set(id, {
          opcode: this.data.opcodes[entry[4]],
          samples: entry[at],
          range: entry[2] + '-' + entry[3]
        });
    }
    const list = [...merged.values()].sort((a, b) => b.samples - a.samples);
    const all = list.reduce((sum, i) => sum + i.samples, 0);
    const share = this.specialized(n);
    const body = list.map((i) => {
      const fill = el('i');
      fill.style.width = (all > 0 ? (100 * i.samples) / all : 0) + '%';
      return el(
        'tr',
        {'data-range': i.range},
        el('td', {}, clean(i.opcode.name)),
        el('td', {}, i.opcode.base !== i.opcode.name ? clean(i.opcode.base) : ''),
        el('td', {}, i.opcode.specialized ? el('span', {class: 'badge'}, 'SPECIALIZED') : ''),
        el('td', {class: 'num'}, count(i.samples)),
        el('td', {}, el('div', {class: 'track'}, fill)),
        el('td', {class: 'num'}, percent(i.samples, all))
      );
    });
    const level = share === null ? '' : share >= 67 ? 'high' : share >= 33 ? 'medium' : 'low';
    return el(
      'div',
      {class: 'ops'},
      el(
        'p',
        {},
        share === null
          ? `No ${this.metric} samples with an instruction`
          : `${share.toFixed(0)}\u2009% specialised (${level}), by ${this.metric} samples`
      ),
      el(
        'table',
        {},
        el(
          'thead',
          {},
          el(
            'tr',
            {},
            ...['Instruction', 'Base', '', 'Samples', '', 'Share'].map((t) =>
              el('th', {scope: 'col'}, t)
            )
          )
        ),
        el('tbody', {}, ...body)
      )
    );
  }
  togglePanel(n, open) {
    const row = this.rowOf(n);
    const panel = row.querySelector('.ops');
    if (open === undefined) open = !panel;
    if (open === Boolean(panel)) return;
    if (open) row.append(this.panel(n));
    else panel.remove();
    row.querySelector('[data-nav=bytecode]').setAttribute('aria-expanded', String(open));
  }
  allPanels() {
    const open = !document.querySelector('.ops');
    for (const n of this.instructions.keys()) if (this.rowOf(n)) this.togglePanel(n, open);
    this.drawMap();
  }

  // An instruction and the expression that it came from light up together.
  light(target, lit) {
    const marked = target.closest('[data-range]');
    if (!marked) return;
    for (const other of marked
      .closest('.row')
      .querySelectorAll(`[data-range="${marked.dataset.range}"]`))
      other.classList.toggle('lit', lit);
  }

  clicked(event) {
    const button = event.target.closest('[data-nav]');
    if (!button) return;
    const n = Number(button.closest('.row').dataset.line);
    const what = button.dataset.nav;
    if (what === 'bytecode') return this.togglePanel(n);
    const list = this[what].get(n);
    event.stopPropagation();
    if (list.length === 1 && list[0][2] >= 0) this.go(list[0]);
    else this.openMenu(button, what, list);
  }
  link(entry) {
    return (entry[2] === this.data.page ? '' : pageName(entry[2])) + '#line-' + entry[4];
  }
  go(entry) {
    location.href = this.link(entry);
  }
  openMenu(button, what, list) {
    this.closeMenu();
    const items = list.slice(0, 200).map((entry) => {
      const inside = [
        name(entry[1], 160),
        el('span', {class: 'num'}, count(entry[5])),
        el('small', {}, name(entry[3], 300), entry[4] > 0 ? ':' + entry[4] : '')
      ];
      return entry[2] >= 0
        ? el('a', {href: this.link(entry)}, ...inside)
        : el('span', {class: 'item'}, ...inside);
    });
    this.menu = el(
      'div',
      {class: 'menu', role: 'dialog', 'aria-label': what},
      el('h2', {}, `${count(list.length)} ${what}, by samples`),
      ...items
    );
    this.menuFrom = button;
    document.body.append(this.menu);
    const box = button.getBoundingClientRect();
    const own = this.menu.getBoundingClientRect();
    this.menu.style.left = Math.max(8, Math.min(box.left, innerWidth - own.width - 8)) + 'px';
    this.menu.style.top =
      Math.max(8, Math.min(box.bottom + 2, innerHeight - own.height - 8)) + 'px';
    on(this.menu, 'click', (event) => event.target.closest('a') && this.closeMenu());
    const first = this.menu.querySelector('a');
    if (first) first.focus();
  }
  closeMenu() {
    if (!this.menu) return;
    this.menu.remove();
    this.menu = null;
    if (this.menuFrom) this.menuFrom.focus({preventScroll: true});
  }

  // The line in the address, opened up if it is hidden.
  reveal() {
    const asked = /^#line-(\d{1,9})$/.exec(location.hash);
    for (const old of document.querySelectorAll('.row.target')) old.classList.remove('target');
    let row = asked && this.rowOf(Number(asked[1]));
    if (!row && !asked) {
      let hottest = 0;
      let most = -1;
      for (const [n, line] of this.lines)
        if (line[this.metric] > most) [most, hottest] = [line[this.metric], n];
      row = this.rowOf(hottest);
      if (row) row.scrollIntoView({block: 'center'});
      return;
    }
    if (!row) return;
    if (this.hot && row.classList.contains('cold')) {
      this.hot = false;
      this.paint();
    }
    row.classList.add('target');
    row.scrollIntoView({block: 'center'});
  }

  keyed(event) {
    if (event.key === 'Escape') return this.closeMenu();
    if (event.target.closest('input') || event.ctrlKey || event.metaKey || event.altKey) return;
    if (this.menu && (event.key === 'ArrowDown' || event.key === 'ArrowUp')) {
      const links = [...this.menu.querySelectorAll('a')];
      const next =
        links[links.indexOf(document.activeElement) + (event.key === 'ArrowDown' ? 1 : -1)];
      if (next) next.focus();
      event.preventDefault();
    } else if (event.key === 'b' && this.instructions.size) {
      this.allPanels();
    } else if (event.key === 'n' || event.key === 'p') {
      this.step(event.key === 'n' ? 1 : -1);
    }
  }
  // To the next line among the ten hottest, in the order of heat.
  step(by) {
    const hottest = [...this.lines]
      .sort((a, b) => b[1][this.metric] - a[1][this.metric] || a[0] - b[0])
      .slice(0, 10)
      .map(([n]) => n);
    this.at = ((this.at ?? -by) + by + hottest.length) % hottest.length;
    location.hash = '#line-' + hottest[this.at];
  }

  drawMap() {
    const map = byId('map');
    const holder = byId('lines');
    const scale = window.devicePixelRatio || 1;
    const width = map.clientWidth;
    const height = map.clientHeight;
    if (!width || !height) return;
    map.width = width * scale;
    map.height = height * scale;
    const ink = map.getContext('2d');
    ink.scale(scale, scale);
    const style = getComputedStyle(document.documentElement);
    const colours = [1, 2, 3, 4, 5, 6, 7, 8].map((i) =>
      style.getPropertyValue('--heat-' + i).trim()
    );
    const most = this.metric === 'self' ? this.mostSelf : this.mostTotal;
    const shown = this.hot ? this.numbers.filter((n) => !this.cold(n)) : this.numbers;
    const part = (shown.length * 20) / Math.max(1, holder.scrollHeight);
    shown.forEach((n, i) => {
      const line = this.lines.get(n);
      const level = heatLevel(line ? line[this.metric] : 0, most);
      if (!level) return;
      ink.fillStyle = colours[level - 1];
      ink.fillRect(
        4,
        (i / shown.length) * height * part,
        width - 8,
        Math.max(2, (height * part) / shown.length)
      );
    });
    ink.strokeStyle = style.getPropertyValue('--quiet').trim();
    ink.strokeRect(
      1.5,
      (holder.scrollTop / holder.scrollHeight) * height + 0.5,
      width - 3,
      Math.max(8, (holder.clientHeight / holder.scrollHeight) * height - 1)
    );
  }
}

let page = null;
startTheme(() => page && page.drawMap());
page = window.heatmap = new FilePage(JSON.parse(byId('profile').textContent));
