// The page: one state, kept in the address so that a link shows the same view; everything that is
// shown follows from it.

class App {
  constructor(model) {
    this.model = model;
    const {profile} = model;
    this.labels = new Map();
    const samplesOnly = !model.hasTime;
    this.fresh = {
      view: 'flame',
      by: 'function',
      measure: samplesOnly ? 'samples' : model.diff ? profile.run.diffBy || 'time' : 'time',
      names: 'module',
      colour: 'self',
      thread: -1,
      from: 0,
      to: profile.buckets.count,
      query: '',
      zoom: [],
      focus: -1,
      sort: 'self',
      backwards: false
    };
    this.state = {...this.fresh};
    this.limit = 200;
    this.chosenNode = -1;
    this.views = model.diff
      ? [
          ['flame', 'Difference'],
          ['vanished', 'Vanished'],
          ['table', 'Changes'],
          ['inverted', 'Inverted'],
          ['sandwich', 'Sandwich']
        ]
      : [
          ['flame', 'Flame graph'],
          ['inverted', 'Inverted'],
          ['sandwich', 'Sandwich'],
          ['table', 'Table']
        ];
    this.build();
    this.panels = new Panels(this);
    this.readAddress();
    this.show();
    on(window, 'hashchange', () => {
      this.readAddress();
      this.show();
    });
  }

  // ---- names ----
  by() {
    return this.state.view === 'vanished' || (this.model.diff && this.state.view === 'table')
      ? 'function'
      : this.state.by;
  }
  functionName(f) {
    return this.model.profile.strings[this.model.profile.functions.name[f]];
  }
  label(key) {
    if (key < 0) return this.rootLabel;
    const id = this.by() + key;
    let label = this.labels.get(id);
    if (label === undefined) {
      const keys = this.model.keys[this.by()];
      label = clean(this.functionName(keys.functionOf(key)) || '(no name)', 1000);
      if (this.by() === 'line' && keys.lineOf(key) > 0) label += ':' + keys.lineOf(key);
      this.labels.set(id, label);
    }
    return label;
  }
  place(by, key, full = false) {
    if (key < 0) return '';
    const {functions, strings} = this.model.profile;
    const keys = this.model.keys[by];
    const f = keys.functionOf(key);
    const line = keys.lineOf(key);
    const module = strings[functions.module[f]];
    const file = strings[functions.file[f]];
    const base = full ? file : this.state.names === 'module' && module ? module : shortPath(file);
    return base + (line > 0 && file !== '~' ? ':' + line : '');
  }
  amount(value) {
    if (this.state.measure === 'samples') {
      const whole = Math.abs(value - Math.round(value)) < 0.05;
      return whole ? count(value) : value.toFixed(1);
    }
    if (this.model.diff && this.state.measure === 'share')
      return percent(value, this.model.rawAll(0).allTime, 2);
    return seconds(value);
  }

  // ---- what a graph asks ----
  note(key) {
    return clean(this.place(this.by(), key), 200);
  }
  colour(shape, node) {
    const {model, state} = this;
    if (state.view === 'vanished') return theme.fresh;
    const key = shape.key(node);
    if (model.diff) {
      if (shape instanceof DownShape)
        return this.diffColour(shape.self(node), model.baseline(state).self[node]);
      // Read from the leaves a node has no baseline of its own; its function has.
      const changed = model.changed(state, this.translate(key, state.by, 'function'));
      return changed ? this.diffColour(changed.selfNow, changed.selfThen) : theme.same;
    }
    if (state.colour === 'origin')
      return (
        theme.origin[model.profile.functions.origin[model.keys[this.by()].functionOf(key)]] ||
        theme.origin[3]
      );
    const whole = model.selection(state)[model.value(state, 'all')];
    const own = state.colour === 'self' && !shape.upward ? shape.self(node) : shape.total(node);
    return heatOf(whole > 0 ? own / whole : 0);
  }
  diffColour(now, was) {
    if (was === 0) return now > 0 ? theme.fresh : theme.same;
    const moved = (now - was) / was;
    const size = Math.abs(moved);
    const step = size < 0.15 ? -1 : size < 0.3 ? 0 : size < 0.5 ? 1 : size < 1 ? 2 : 3;
    return step < 0 ? theme.same : (moved > 0 ? theme.up : theme.down)[step];
  }
  matched(shape, node) {
    if (!this.found) return null;
    const key = shape.key(node);
    if (key < 0) return null;
    if (this.found.exact && shape instanceof DownShape) return this.found.exact[node] === 1;
    return this.found.keyHit[key] === 1;
  }
  hover(graph, hit, event) {
    this.panels.showTip(graph, hit, event);
    if (hit && hit.node >= 0) this.describe(graph, hit.node);
    else if (hit) this.say(`${count(hit.count)} frames too narrow to draw`, this.amount(hit.total));
    else this.say('', '');
  }
  describe(graph, node) {
    const {shape} = graph;
    const whole = shape.total(shape.root);
    const key = shape.key(node);
    this.say(
      [this.label(key), clean(this.place(this.by(), key), 300)].filter(Boolean).join('   '),
      `${this.amount(shape.total(node))} \u00b7 ${percent(shape.total(node), whole)}`
    );
  }
  say(text, numbers) {
    byId('said').textContent = text;
    byId('said-time').textContent = numbers;
  }
  pick(graph, node) {
    this.chosenGraph = graph;
    this.chosenNode = node;
    this.panels.tip.hidden = true;
    if (this.state.view === 'sandwich') {
      graph.draw();
      this.panels.showChosen();
      return;
    }
    const path = [];
    for (let n = node; graph.shape.parent(n) >= 0; n = graph.shape.parent(n))
      path.unshift(graph.shape.key(n));
    this.set({zoom: path});
  }

  // ---- state ----
  set(patch) {
    const before = this.state;
    this.state = {...before, ...patch};
    const {state} = this;
    if (state.focus !== before.focus) this.chosenNode = -1;
    if (state.view !== before.view || state.by !== before.by) {
      if (!patch.zoom) state.zoom = [];
      this.limit = 200;
      this.chosenNode = -1;
    }
    if (state.by !== before.by && state.focus >= 0 && patch.focus === undefined)
      state.focus = this.translate(state.focus, before.by, state.by);
    this.show();
    this.writeAddress();
  }
  // The key that a function has under the other way of merging.
  translate(key, from, to) {
    const f = this.model.keys[from].functionOf(key);
    if (to === 'function')
      return this.model.profile.functions.match ? this.model.profile.functions.match[f] : f;
    let best = -1;
    let most = -1;
    for (const row of this.model.rows({...this.state, by: 'line'})) {
      if (this.model.keys.line.functionOf(row.key) === f && row.total > most) {
        most = row.total;
        best = row.key;
      }
    }
    return best;
  }
  more() {
    this.limit += 1000;
    this.show();
  }

  static letters = {
    view: 'v',
    by: 'b',
    measure: 'm',
    names: 'n',
    colour: 'c',
    thread: 'th',
    from: 'a',
    to: 'e',
    query: 'q',
    zoom: 'z',
    focus: 'f',
    sort: 's',
    backwards: 'r'
  };
  writeAddress() {
    const parts = [];
    for (const [field, letter] of Object.entries(App.letters)) {
      const value = this.state[field];
      if (String(value) === String(this.fresh[field])) continue;
      parts.push(
        letter + '=' + encodeURIComponent(Array.isArray(value) ? value.join('.') : String(value))
      );
    }
    const fragment = '#' + parts.join('&');
    if (fragment !== (location.hash || '#')) history.replaceState(null, '', fragment);
  }
  // What stands in the address may come from anywhere: only values that exist are taken.
  readAddress() {
    const state = {...this.fresh};
    const given = new URLSearchParams(location.hash.slice(1));
    const {profile, keys} = this.model;
    const integer = (letter, low, high, fallback) => {
      const text = given.get(letter);
      const value = /^-?\d{1,9}$/.test(text || '') ? Number(text) : NaN;
      return value >= low && value <= high ? value : fallback;
    };
    const choice = (field, allowed) => {
      const value = given.get(App.letters[field]);
      if (allowed.includes(value)) state[field] = value;
    };
    choice(
      'view',
      this.views.map((v) => v[0])
    );
    choice('by', ['function', 'line']);
    choice(
      'measure',
      this.measures.map((m) => m[0])
    );
    choice('names', ['module', 'path']);
    choice('colour', ['self', 'total', 'origin']);
    choice('sort', ['name', 'self', 'total', 'samples', 'now', 'then']);
    state.backwards = given.get('r') === 'true';
    state.thread = integer('th', -1, profile.threads.length - 1, -1);
    state.from = integer('a', 0, profile.buckets.count - 1, 0);
    state.to = integer('e', state.from + 1, profile.buckets.count, profile.buckets.count);
    state.focus = integer('f', -1, keys[state.by].count - 1, -1);
    state.query = (given.get('q') || '').slice(0, 500);
    state.zoom = (given.get('z') || '')
      .split('.')
      .filter((k) => /^\d{1,9}$/.test(k))
      .map(Number);
    this.state = state;
  }

  // ---- everything on the page that does not change ----
  build() {
    const {model} = this;
    const {run, baseline, threads} = model.profile;
    byId('title').textContent = clean(run.command || 'Profile', 300);
    byId('title').title = clean(run.command || '', 2000);
    const total = model.rawAll(0);
    const parts = [
      model.diff ? 'difference to a baseline' : '',
      run.mode + ' mode',
      run.duration > 0 ? seconds(run.duration) : '',
      count(total.allSamples) + (total.allSamples === 1 ? ' sample' : ' samples'),
      run.python ? 'Python ' + run.python : '',
      run.process ? 'process ' + run.process : ''
    ];
    byId('subtitle').textContent = parts.filter(Boolean).join(' \u00b7 ');
    if (baseline) byId('subtitle').title = 'Baseline: ' + clean(baseline.command || '', 500);

    const group = (id, choices, field, tabs) =>
      byId(id).append(
        ...choices.map(([value, text, title]) =>
          el(
            'button',
            tabs
              ? {role: 'tab', 'data-value': value, title}
              : {'data-value': value, 'aria-pressed': 'false', title: title || null},
            text
          )
        )
      );
    const wire = (id, field) =>
      on(byId(id), 'click', (event) => {
        const button = event.target.closest('button');
        if (button) this.set({[field]: button.dataset.value});
      });
    group('views', this.views, 'view', true);
    group('by', [
      ['function', 'By function', 'One frame for each function'],
      ['line', 'By line', 'One frame for each line']
    ]);
    this.measures = model.diff
      ? [
          ['time', 'Time', 'Compare sampled seconds'],
          ['samples', 'Samples', 'Compare sample counts, scaled by the intervals'],
          ['share', 'Share', 'Compare shares of the whole']
        ]
      : [
          ['time', 'Time', 'Sampled time'],
          ['samples', 'Samples', 'Number of samples']
        ];
    if (!model.hasTime) this.measures = this.measures.filter((m) => m[0] === 'samples');
    group('measure', this.measures);
    group('names', [
      ['module', 'Modules', 'Module names'],
      ['path', 'Paths', 'File paths']
    ]);
    wire('views', 'view');
    wire('by', 'by');
    wire('measure', 'measure');
    wire('names', 'names');
    on(byId('views'), 'keydown', (event) => {
      const step = event.key === 'ArrowRight' ? 1 : event.key === 'ArrowLeft' ? -1 : 0;
      const at = this.views.findIndex((v) => v[0] === this.state.view);
      if (!step || !this.views[at + step]) return;
      this.set({view: this.views[at + step][0]});
      byId('views').children[at + step].focus();
    });
    byId('colour').append(
      ...[
        ['self', 'Colour: self'],
        ['total', 'Colour: total'],
        ['origin', 'Colour: origin']
      ].map(([value, text]) => el('option', {value}, text))
    );
    byId('colour').hidden = model.diff;
    on(byId('colour'), 'change', (event) => this.set({colour: event.target.value}));

    const weights = new Map();
    const {records} = model.profile.trees[0];
    for (let i = 0; i < records.size; ++i)
      weights.set(records.thread[i], (weights.get(records.thread[i]) || 0) + records.samples[i]);
    const order = threads
      .map((t, i) => i)
      .sort((a, b) => (weights.get(b) || 0) - (weights.get(a) || 0) || a - b);
    byId('thread').append(
      el('option', {value: -1}, `All ${threads.length} threads`),
      ...order.map((i) =>
        el('option', {value: i}, clean(this.threadName(i), 60) + ` (${count(weights.get(i) || 0)})`)
      )
    );
    byId('thread-label').hidden = threads.length < 2 || model.diff;
    on(byId('thread'), 'change', (event) => this.set({thread: Number(event.target.value)}));

    this.timeline = new Timeline(byId('timeline'), model.profile.buckets, (from, to) =>
      this.set({from, to})
    );
    byId('time').hidden = model.diff || model.profile.buckets.count < 2;
    on(byId('unspan'), 'click', () => this.set({from: 0, to: model.profile.buckets.count}));

    let waiting = 0;
    on(byId('search'), 'input', (event) => {
      clearTimeout(waiting);
      waiting = setTimeout(() => this.set({query: event.target.value}), 120);
    });
    on(byId('search'), 'keydown', (event) => {
      if (event.key === 'Enter') this.nextMatch(event.shiftKey ? -1 : 1);
      if (event.key !== 'Escape') return;
      event.stopPropagation();
      event.preventDefault();
      this.set({query: ''});
    });
    on(byId('unsearch'), 'click', () => {
      this.set({query: ''});
      byId('search').focus();
    });
    on(byId('theme'), 'click', () =>
      this.setTheme(document.documentElement.dataset.theme === 'dark' ? 'light' : 'dark', true)
    );
    on(byId('export'), 'click', () => this.saveSvg());
    on(byId('side-toggle'), 'click', () => this.toggleSide());
    on(byId('help'), 'click', () => this.help());
    this.buildGrip();
    on(document, 'keydown', (event) => this.keyed(event));
    on(window, 'beforeprint', () => this.paper());
    on(window, 'afterprint', () => this.setTheme(this.themeBeforePrint, false));

    const stage = byId('stage');
    this.crumbs = el('div', {class: 'crumbs'});
    const pane = (id) => el('div', {class: 'graph', id});
    this.panes = {
      main: pane('graph'),
      callers: pane('callers'),
      callees: pane('callees'),
      table: el('div', {class: 'table', id: 'table'}),
      seam: el('div', {class: 'seam', id: 'seam'}),
      empty: el('p', {class: 'empty', id: 'empty'})
    };
    stage.append(
      this.crumbs,
      this.panes.empty,
      this.panes.main,
      this.panes.callers,
      this.panes.seam,
      this.panes.callees,
      this.panes.table
    );
    this.graphs = {};
  }

  // Graphs come into being when they are first shown.
  graph(id) {
    if (!this.graphs[id]) {
      this.graphs[id] = new Graph(this.panes[id], this, id === 'callers');
      this.graphs[id].canvas.setAttribute(
        'aria-label',
        {
          main: 'Flame graph. Arrow keys walk the frames, Enter zooms, Escape zooms out. The Table view has the same figures as text.',
          callers:
            'Callers of the function, nearest at the bottom. Arrow keys walk the frames.',
          callees: 'Callees of the function, nearest at the top. Arrow keys walk the frames.'
        }[id]
      );
    }
    return this.graphs[id];
  }

  threadName(i) {
    const t = this.model.profile.threads[i];
    return (
      (t.python || t.name || (t.main ? 'main' : 'thread')) +
      ' ' +
      t.id +
      (t.process !== this.model.profile.run.process ? ` of ${t.process}` : '') +
      (t.interpreter ? ` in interpreter ${t.interpreter}` : '')
    );
  }

  help() {
    if (!byId('keys').firstChild) this.buildHelp();
    byId('keys').showModal();
  }
  buildHelp() {
    const key = (keys, text) =>
      el(
        'tr',
        {},
        el('td', {}, ...keys.flatMap((k) => [el('kbd', {}, k), ' '])),
        el('td', {}, text)
      );
    byId('keys').append(
      el('h2', {}, 'Keys'),
      el(
        'table',
        {},
        el(
          'tbody',
          {},
          key(['/'], 'search; Enter goes from hit to hit'),
          key(['Esc'], 'clear the search, then zoom out'),
          key(['1', '\u2026', '4'], 'views'),
          key(['l'], 'by function or by line'),
          key(['i'], 'inverted or not'),
          key(['s'], 'side bar'),
          key(['d'], 'dark or light'),
          key(
            ['\u2190', '\u2191', '\u2192', '\u2193', 'Enter'],
            'in the graph: walk and zoom; on the strip: move the span, with Shift its end'
          )
        )
      ),
      el('h2', {}, 'Reading the page'),
      el(
        'p',
        {},
        'Each bar is a function, as wide as the time it was on the stack; below it stand its callees. ' +
          'Inverted goes from what was running to its callers. Sandwich shows one function between all its callers and all its callees.'
      ),
      el(
        'p',
        {},
        'Drag on the strip above the graph to select a part of the recording. ' +
          'Nothing is left out: what is too narrow to draw is drawn together, hatched.'
      ),
      el('p', {}, 'The address of this page holds the view.'),
      el(
        'p',
        {},
        'For scripts, EMBEDDED_DATA is the profile with the member names of CPython\u2019s own profiler.'
      ),
      el('form', {method: 'dialog'}, el('button', {}, 'Close'))
    );
  }

  buildGrip() {
    const side = byId('side');
    const grip = byId('grip');
    const width = (w) => {
      const kept = Math.max(200, Math.min(600, w));
      side.style.width = kept + 'px';
      grip.setAttribute('aria-valuenow', Math.round(kept));
      return Math.round(kept);
    };
    const stored = Number(remembered('side-width'));
    if (stored >= 200) width(stored);
    on(grip, 'pointerdown', (event) => grip.setPointerCapture(event.pointerId));
    on(grip, 'pointermove', (event) => {
      if (grip.hasPointerCapture(event.pointerId))
        remember('side-width', width(event.clientX - side.getBoundingClientRect().left));
    });
    on(grip, 'keydown', (event) => {
      const by = event.key === 'ArrowLeft' ? -20 : event.key === 'ArrowRight' ? 20 : 0;
      if (by) remember('side-width', width(side.getBoundingClientRect().width + by));
    });
    this.showSide(remembered('side') !== 'closed');
  }
  toggleSide() {
    const open = byId('body').classList.contains('without-side');
    this.showSide(open);
    remember('side', open ? 'open' : 'closed');
  }
  showSide(open) {
    byId('body').classList.toggle('without-side', !open);
    byId('side-toggle').setAttribute('aria-pressed', String(open));
  }

  setTheme(kind, keep) {
    document.documentElement.dataset.theme = kind;
    if (keep) remember('theme', kind);
    theme.read();
    if (!this.panels) return;
    this.timeline.draw();
    this.panels.all(5);
    for (const graph of Object.values(this.graphs)) graph.draw();
  }

  keyed(event) {
    if (
      event.target.closest('input, select, dialog') ||
      event.ctrlKey ||
      event.metaKey ||
      event.altKey
    )
      return;
    const number = Number(event.key);
    if (number >= 1 && number <= this.views.length) this.set({view: this.views[number - 1][0]});
    else if (event.key === '/') byId('search').focus();
    else if (event.key === 'Escape') this.set(this.state.query ? {query: ''} : {zoom: []});
    else if (event.key === 'l') this.set({by: this.state.by === 'line' ? 'function' : 'line'});
    else if (event.key === 'i')
      this.set({view: this.state.view === 'inverted' ? 'flame' : 'inverted'});
    else if (event.key === 's') this.toggleSide();
    else if (event.key === 'd') byId('theme').click();
    else if (event.key === '?') this.help();
    else return;
    event.preventDefault();
  }

  // ---- showing the state ----
  show() {
    const {model, state} = this;
    const began = performance.now();
    if (state.view === 'sandwich' && state.focus < 0) state.focus = this.hottest();
    const press = (id, value, attribute) => {
      for (const button of byId(id).children)
        button.setAttribute(attribute, String(button.dataset.value === value));
    };
    press('views', state.view, 'aria-selected');
    for (const tab of byId('views').children)
      tab.tabIndex = tab.dataset.value === state.view ? 0 : -1;
    press('by', this.by(), 'aria-pressed');
    press('measure', state.measure, 'aria-pressed');
    press('names', state.names, 'aria-pressed');
    byId('colour').value = state.colour;
    byId('thread').value = state.thread;
    this.showTime();
    this.found = model.search({...state, by: this.by()});
    this.showFound();

    const whole = model.selection(state).allSamples;
    const nothing = !whole && state.view !== 'vanished' && !model.diff;
    this.rootLabel =
      state.view === 'vanished'
        ? 'stacks of the baseline that are gone'
        : state.thread >= 0
          ? this.threadName(state.thread)
          : model.profile.threads.length > 1
            ? 'all threads'
            : 'all samples';
    const on = {
      main: !nothing && ['flame', 'inverted', 'vanished'].includes(state.view),
      callers: !nothing && state.view === 'sandwich',
      table: !nothing && state.view === 'table',
      empty: nothing
    };
    on.callees = on.seam = on.callers;
    for (const [id, element] of Object.entries(this.panes)) element.hidden = !on[id];
    byId('export').disabled = !on.main && !on.callees;
    // First what changes the document, then what measures it to draw.
    if (nothing) this.showEmpty();
    if (on.main) this.findGraph();
    if (on.callers) this.showSandwich();
    if (on.table) this.panes.table.replaceChildren(...this.panels.table(this.limit));
    this.showCrumbs(on);
    this.panels.all();
    if (this.timeChanged) this.timeline.draw();
    if (on.main) this.graphs.main.show();
    if (on.callers) {
      this.graphs.callers.show();
      this.graphs.callees.show();
    }
    this.took = performance.now() - began;
  }

  hottest() {
    let best = -1;
    let most = -1;
    for (const row of this.model.rows(this.state)) {
      if (row.self > most) {
        most = row.self;
        best = row.key;
      }
    }
    return best;
  }

  findGraph() {
    const shape = this.model.shape(this.state, 'main');
    let node = shape.root;
    for (const key of this.state.zoom) {
      let next = -1;
      for (const kid of shape.children(node)) {
        if (shape.key(kid) === key && shape.total(kid) > 0) {
          next = kid;
          break;
        }
      }
      if (next < 0) break;
      node = next;
    }
    const main = this.graph('main');
    main.take(shape, node);
    if (node !== shape.root && this.chosenNode < 0) {
      this.chosenGraph = main;
      this.chosenNode = node;
    }
  }
  showSandwich() {
    const {state, model} = this;
    const row = model.rows(state).find((r) => r.key === state.focus);
    const whole = model.selection(state)[model.value(state, 'all')];
    this.panes.seam.replaceChildren(
      el('b', {}, name(this.label(state.focus), 300)),
      el('span', {class: 'quiet'}, name(this.place(state.by, state.focus), 200)),
      el(
        'span',
        {class: 'num'},
        row
          ? `total ${this.amount(row.total)} \u00b7 ${percent(row.total, whole)}, self ${this.amount(row.self)} \u00b7 ${percent(row.self, whole)}`
          : 'not in this selection'
      )
    );
    this.graph('callers').take(model.shape(state, 'callers'));
    this.graph('callees').take(model.shape(state, 'callees'));
  }
  showEmpty() {
    const {run} = this.model.profile;
    const any = this.model.rawAll(0).allSamples > 0;
    this.panes.empty.textContent = any
      ? 'No samples in this selection. Choose a longer span or another thread.'
      : `No samples. ${count(run.trust.ticks)} looks at the target in ${seconds(run.duration)} yielded no stack in ${run.mode} mode.`;
  }
  showCrumbs(on) {
    const {state} = this;
    const text = {
      flame: this.model.diff
        ? 'Width: this run. Colour: change of self time against the baseline.'
        : 'From the first caller at the top down to what was running.',
      inverted: 'From what was running at the top down to its callers.',
      sandwich: 'Callers above, callees below.',
      vanished: 'Stacks that the baseline had and this run has not. Width: the baseline.',
      table: this.model.diff
        ? 'Of all changes called beyond noise, about one in twenty may be chance.'
        : 'Click a name for its callers and callees.'
    }[state.view];
    let zoomed = null;
    if (on.main && state.zoom.length) {
      zoomed = el('button', {id: 'unzoom', on: {click: () => this.set({zoom: []})}}, 'Zoom out');
      const {shape, zoom: node} = this.graphs.main;
      this.crumbs.replaceChildren(
        zoomed,
        el(
          'span',
          {},
          'Zoomed: ',
          name(this.label(shape.key(node)), 200),
          ` \u00b7 ${percent(shape.total(node), shape.total(shape.root))} of the whole`
        )
      );
    } else {
      this.crumbs.replaceChildren(el('span', {}, text));
    }
  }
  showTime() {
    const {state, model, timeline} = this;
    const {buckets, run} = model.profile;
    const shown = [state.measure, state.thread, state.from, state.to].join();
    this.timeChanged = this.timeShown !== shown;
    if (!this.timeChanged) return;
    this.timeShown = shown;
    timeline.levels = model.once('@levels ' + [state.measure, state.thread], () =>
      model.levels(state)
    );
    timeline.select(state.from, state.to);
    const end = Math.min(state.to * buckets.width, Math.max(run.duration, buckets.width));
    const text = timeline.whole
      ? `0 \u2013 ${seconds(end)}: drag to select a part`
      : `${seconds(state.from * buckets.width)} \u2013 ${seconds(end)}`;
    byId('span').textContent = text;
    byId('unspan').hidden = timeline.whole;
    byId('timeline').setAttribute('aria-valuetext', text);
    byId('timeline').setAttribute('aria-valuenow', Math.round((100 * state.from) / buckets.count));
  }
  // Walks the frames that a search found, the widest first.
  nextMatch(step) {
    const graph = this.state.view === 'sandwich' ? this.graphs.callees : this.graphs.main;
    if (!this.found || !graph || !graph.shape || this.state.view === 'table') return;
    graph.grow(true);
    const blocks = graph.rows
      .flat()
      .filter((b) => b.node >= 0 && this.matched(graph.shape, b.node))
      .sort((a, b) => b.w - a.w);
    if (!blocks.length) return;
    const at = blocks.findIndex((b) => b.node === graph.cursor);
    const next = blocks[at < 0 ? 0 : (at + step + blocks.length) % blocks.length].node;
    graph.cursor = next;
    graph.reveal(next);
    graph.draw();
    this.describe(graph, next);
    this.chosenGraph = graph;
    this.chosenNode = next;
    this.panels.showChosen();
  }
  showFound() {
    const {found, state} = this;
    const box = byId('search');
    if (document.activeElement !== box || !state.query) box.value = state.query;
    byId('unsearch').hidden = !state.query;
    byId('find').dataset.found = !found ? '' : found.functions ? 'some' : 'none';
    byId('found').textContent = !found
      ? ''
      : found.functions
        ? `${count(found.functions)} \u00b7 ${percent(found.sum, found.whole)}`
        : 'nothing found';
  }

  saveSvg() {
    const graph = this.state.view === 'sandwich' ? this.graphs.callees : this.graphs.main;
    const text = graph.svg(byId('title').textContent + ' \u2013 ' + byId('subtitle').textContent);
    const link = el('a', {
      href: URL.createObjectURL(new Blob([text], {type: 'image/svg+xml'})),
      download: 'flamegraph.svg'
    });
    this.saved = text;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 10000);
  }

  // On paper the picture is followed by the table, in light colours.
  paper() {
    this.themeBeforePrint = document.documentElement.dataset.theme;
    this.setTheme('light', false);
    byId('paper').replaceChildren(el('h2', {}, 'Functions'), ...this.panels.table(60));
  }
}

function start() {
  const dark = matchMedia('(prefers-color-scheme: dark)');
  const stored = remembered('theme');
  document.documentElement.dataset.theme =
    stored === 'dark' || stored === 'light' ? stored : dark.matches ? 'dark' : 'light';
  theme.read();
  const model = new Model(readProfile(byId('profile').textContent));
  const app = new App(model);
  on(dark, 'change', () => {
    if (!remembered('theme')) app.setTheme(dark.matches ? 'dark' : 'light', false);
  });
  const reference = () => referenceData(model);
  window.tachyon = {app, model, reference, ready: performance.now()};
  Object.defineProperty(window, 'EMBEDDED_DATA', {get: reference});
  // What the first picture need not wait for.
  requestAnimationFrame(() =>
    setTimeout(() => {
      app.panels.rest();
      window.tachyon.complete = true;
      setTimeout(() => model.searchTexts(), 100);
    })
  );
}
start();
