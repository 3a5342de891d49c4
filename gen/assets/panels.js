// What stands around the graph: side bar, tooltip, tables, the sheet for the printer.

function bar(label, part, whole, level) {
  const fill = el('i');
  fill.style.width = (whole > 0 ? Math.min(100, (100 * part) / whole) : 0) + '%';
  return el(
    'div',
    {class: 'bar', 'data-level': level},
    el('div', {}, el('span', {}, label), el('span', {class: 'num'}, percent(part, whole))),
    el('div', {class: 'track'}, fill)
  );
}
function facts(pairs) {
  const list = el('dl', {class: 'facts'});
  for (const pair of pairs) if (pair) list.append(el('dt', {}, pair[0]), el('dd', {}, pair[1]));
  return list;
}

class Panels {
  constructor(app) {
    this.app = app;
    this.side = document.getElementById('side');
    this.tip = document.getElementById('tip');
    let kept = remembered('parts') || '';
    const closed = new Set(kept.split(',').filter(Boolean));
    this.parts = [];
    const part = (id, title, fill, open = true) => {
      const inside = el('div');
      const details = el(
        'details',
        {class: 'part', id: 'part-' + id, open: open !== closed.has(id)},
        el('summary', {}, title),
        inside
      );
      const entry = {details, fill, shown: false};
      on(details, 'toggle', () => {
        if (details.open === open) closed.delete(id);
        else closed.add(id);
        if (details.open && !entry.shown) this.fill(entry);
        const now = [...closed].join();
        if (now !== kept) remember('parts', (kept = now));
      });
      this.side.append(details);
      this.parts.push(entry);
      return inside;
    };
    this.chosen = part('chosen', 'Selected', () => this.showChosen());
    this.chosen.className = 'chosen';
    this.summary = part('summary', 'Summary', () => this.showSummary());
    this.spots = part('spots', 'Where the time goes', () => this.showSpots());
    this.trust = part('trust', 'How far to trust it', () => this.showTrust());
    this.states = part('states', 'Thread states', () => this.showStates());
    this.legend = part('legend', 'Colours', () => this.showLegend());
    this.about = part('about', 'The run', () => this.showAbout(), false);
    // Few windows are tall enough for more than four: the rest comes after the first picture.
    this.ready = 4;
  }

  all(from = 0) {
    for (const entry of this.parts.slice(from, this.ready)) this.fill(entry);
  }
  // A part that is closed is filled when it is opened.
  fill(entry) {
    entry.shown = entry.details.open;
    if (entry.shown) entry.fill();
  }
  rest() {
    this.ready = this.parts.length;
    this.all(4);
  }

  showSummary() {
    const {model, state} = this.app;
    const {run, buckets, baseline} = model.profile;
    const selection = model.selection(state);
    const rows = model.rows(state);
    const spanned = state.from > 0 || state.to < buckets.count;
    const span = spanned
      ? Math.min((state.to - state.from) * buckets.width, run.duration)
      : run.duration;
    const functions = new Set(rows.map((r) => model.keys[state.by].functionOf(r.key)));
    const card = (title, value, id) => [el('dt', {}, title), el('dd', {id}, value)];
    const column = (...cards) => cards.map((c) => el('div', {}, ...c));
    const cards = column(
      card('Samples', count(selection.allSamples), 'card-samples'),
      card(spanned ? 'Span' : 'Duration', seconds(span), 'card-duration'),
      card('Sampled time', seconds(selection.allTime), 'card-time'),
      card(
        'Rate',
        run.duration > 0 && run.trust.ticks > 0
          ? count(run.trust.ticks / (run.duration / 1e9)) + thin + '/s'
          : '\u2013',
        'card-rate'
      ),
      card('Functions', count(functions.size), 'card-functions'),
      card('Threads', count(model.profile.threads.length), 'card-threads')
    );
    this.summary.replaceChildren(el('dl', {class: 'cards'}, ...cards));
    if (baseline) {
      const then = model.rawAll(1);
      this.summary.append(
        facts([
          ['Baseline samples', count(then.allSamples)],
          ['Baseline sampled time', seconds(then.allTime)],
          ['Baseline multiplied by', model.scale(state).toPrecision(4)],
          ['Vanished stacks', count(model.vanished(state).count)]
        ])
      );
    }
  }

  showSpots() {
    const {model, state} = this.app;
    const all = model.value(state, 'all');
    const whole = model.selection(state)[all];
    const byFunction = model
      .rows({...state, by: 'function'})
      .filter((r) => r.self > 0.005 * whole)
      .sort((a, b) => b.self - a.self)
      .slice(0, 3);
    this.spots.replaceChildren(
      ...byFunction.map((row, i) => {
        const label = this.app.functionName(model.keys.function.functionOf(row.key));
        const place = this.app.place('function', row.key);
        return el(
          'button',
          {
            class: 'spot',
            'data-spot': i,
            'aria-pressed': state.query === label ? 'true' : 'false',
            on: {click: () => this.app.set({query: state.query === label ? '' : label})}
          },
          el('b', {}, name(label, 120)),
          el(
            'div',
            {class: 'row'},
            el('span', {}, name(place, 80)),
            el('span', {class: 'num'}, percent(row.self, whole) + ' self')
          )
        );
      })
    );
    if (!byFunction.length)
      this.spots.append(
        el('p', {class: 'quiet'}, 'No function has more than 0.5\u2009% of its own.')
      );
  }

  showTrust() {
    const {run} = this.app.model.profile;
    const t = run.trust;
    if (!t.attempts) {
      this.trust.replaceChildren(
        el('p', {class: 'quiet'}, 'The recording does not tell how the reads went.')
      );
      return;
    }
    const lost = t.attempts - t.valid;
    const lostShare = t.attempts > 0 ? lost / t.attempts : 0;
    const missedShare = t.ticks + t.missed > 0 ? t.missed / (t.ticks + t.missed) : 0;
    const firstShare = t.attempts > 0 ? t.first_rejected / t.attempts : 0;
    const ways = [
      ['Read fast', t.fast],
      ['Read exactly', t.exact],
      ['Read while stopped', t.blocking],
      ['Taken by the kernel', t.kernel]
    ];
    const apart = `${t.fast_distance.toFixed(2)} \u00b1 ${t.fast_distance_error.toFixed(2)}`;
    const someUnseen = t.unseen_threads > 0;
    const isFar =
      t.fast > t.attempts / 2 && t.fast_distance - 2 * t.fast_distance_error > 0.05;
    const level =
      lostShare > 0.15 || missedShare > 0.25 || t.valid < 50
        ? 'bad'
        : lostShare > 0.05 ||
            missedShare > 0.05 ||
            firstShare > 0.2 ||
            isFar ||
            someUnseen ||
            t.valid < 400
          ? 'warn'
          : 'good';
    const remarks = [];
    if (t.valid < 400) remarks.push(`Only ${count(t.valid)} samples: the intervals are wide.`);
    if (lostShare > 0.05)
      remarks.push('Many stacks could not be read; what changes quickly is under-represented.');
    if (firstShare > 0.2)
      remarks.push('Many first reads were refused; fast-changing stacks may be under-represented.');
    if (someUnseen) {
      const threads = t.unseen_threads === 1 ? 'one thread' : `${count(t.unseen_threads)} threads`;
      remarks.push(`No stack at all could be read of ${threads}.`);
    }
    if (isFar)
      remarks.push('Fast reading shows other shares than exact reading here; --read exact is truer.');
    if (missedShare > 0.05)
      remarks.push('The profiler came late; a lower rate would be more regular.');
    const text = remarks.length
      ? remarks.join(' ')
      : 'Nearly every stack asked for was read, at the times planned.';
    this.trust.replaceChildren(
      el('p', {class: 'verdict', 'data-level': level}, text),
      bar(
        'Stacks read',
        t.valid,
        t.attempts,
        lostShare > 0.15 ? 'bad' : lostShare > 0.05 ? 'warn' : ''
      ),
      bar(
        'Ticks missed',
        t.missed,
        t.ticks + t.missed,
        missedShare > 0.25 ? 'bad' : missedShare > 0.05 ? 'warn' : ''
      ),
      facts([
        ['Looks at the target', count(t.ticks)],
        ['Stacks asked for', count(t.attempts)],
        ['Stacks read', count(t.valid)],
        ['\u2026 different ones', count(t.distinct || this.app.model.distinct())],
        ['First reads refused', count(t.first_rejected)],
        ['Read after a retry', count(t.retried)],
        ['Given up', count(t.given_up)],
        ['Late ticks', count(t.late)],
        ['Missed ticks', count(t.missed)],
        ...ways.map(([title, n]) => n > 0 && [title, count(n)]),
        t.unnamed > 0 && ['With freed code', count(t.unnamed)],
        t.fast_distance_error > 0 && ['Fast from exact', apart],
        t.reused_checked > 0 && [
          'Reuse checked / wrong',
          `${count(t.reused_checked)} / ${count(t.reused_wrong)}`
        ],
        ['Time spanned', seconds(t.wall)],
        ['Clock', run.fixedClock ? 'fixed grid' : 'jittered'],
        ['Profiler CPU', seconds(t.profiler_cpu)],
        t.target_cost > 0 && ['Cost to the target', percent(t.target_cost, 1, 2)]
      ]),
      el(
        'p',
        {class: 'quiet'},
        'Shares carry 95\u2009% intervals. They say how far chance alone may have moved a figure, ' +
          'not what was never seen.'
      )
    );
  }

  showStates() {
    const {model, state} = this.app;
    const s = model.states(state);
    const mode = model.profile.run.mode;
    const content = [];
    if (s.all > 0) {
      if (mode !== 'gil' && !model.profile.run.freeThreaded) {
        content.push(
          bar('Holds the GIL', s.gil, s.all),
          bar('Does not hold it', s.all - s.gil, s.all),
          bar('Waits for the GIL', s.waiting, s.all)
        );
      }
      if (s.unknown < s.all) content.push(bar('On a CPU', s.cpu, s.all - s.unknown));
      content.push(
        bar('Garbage collection', s.gc, s.all),
        bar('Handling an exception', s.exception, s.all)
      );
      if (s.cut) content.push(bar('Stack incomplete', s.cut, s.all, 'warn'));
    } else {
      content.push(el('p', {class: 'quiet'}, 'No samples in this selection.'));
    }
    this.states.replaceChildren(...content);
  }

  showLegend() {
    const {model, state} = this.app;
    const list = el('div', {class: 'legend'});
    const add = (colour, text) => {
      const patch = el('i');
      patch.style.background = colour.fill || colour;
      list.append(patch, el('span', {}, text));
    };
    if (state.view === 'vanished') {
      add(theme.fresh, 'stack of the baseline that is gone');
    } else if (model.diff) {
      add(theme.fresh, 'new');
      ['up to +30 %', 'up to +50 %', 'up to +100 %', 'more than doubled'].forEach((t, i) =>
        add(theme.up[i], t)
      );
      add(theme.same, 'within \u00b115 %');
      [
        'down to \u221230 %',
        'down to \u221250 %',
        'down to \u2212100 %',
        'no self time left'
      ].forEach((t, i) => add(theme.down[i], t));
    } else if (state.colour === 'origin') {
      ['project', 'standard library', 'site-packages', 'other'].forEach((t, i) =>
        add(theme.origin[i], t)
      );
    } else {
      const what = state.colour === 'self' ? 'of the whole by itself' : 'of the whole';
      for (let i = 7; i >= 0; --i) {
        add(
          theme.heat[i],
          i === 7 ? `60\u2009% and more ${what}` : i ? `from ${100 * heatSteps[i]}\u2009%` : 'below'
        );
      }
    }
    const rest = el('i');
    rest.style.background = `repeating-linear-gradient(135deg, ${theme.restPlain} 0 1.5px, transparent 1.5px 4px)`;
    list.append(rest, el('span', {}, 'several frames too narrow to draw'));
    add(theme.match, 'found by the search');
    this.legend.replaceChildren(list);
  }

  showAbout() {
    const {run, baseline, kind} = this.app.model.profile;
    const one = (r) =>
      facts([
        ['Command', name(r.command || '\u2013', 600)],
        ['Process', String(r.process || '\u2013')],
        ['Python', r.python],
        ['Mode', r.mode],
        ['Interval asked for', r.interval > 0 ? seconds(r.interval) : '\u2013'],
        r.started > 0 && [
          'Started',
          new Date(r.started / 1e6).toISOString().replace('T', ' ').slice(0, 19) + ' UTC'
        ],
        ['Options', r.options.join(', ') || 'none'],
        r.replayed && ['Made from', 'a recording'],
        r.interrupted && ['Ended', 'by interruption']
      ]);
    this.about.replaceChildren(one(run));
    if (baseline) this.about.append(el('h3', {}, 'Baseline'), one(baseline));
    this.about.append(
      el(
        'p',
        {class: 'quiet'},
        (kind === 'diff' ? 'Differential flame graph' : 'Flame graph') +
          ' by tachyon ' +
          run.version +
          '.'
      )
    );
  }

  // Facts on one node of a shape, as rows for a list.
  numbers(graph, node) {
    const {model, state} = this.app;
    const {shape} = graph;
    const gone = state.view === 'vanished';
    const selection = model.selection(state);
    const unit = (v) => this.app.amount(v);
    const whole = gone ? shape.total(shape.root) : selection[model.value(state, 'all')];
    const total = shape.total(node);
    const self = shape.self(node);
    const n = selection.allSamples;
    const share = (v) => (whole > 0 ? v / whole : 0);
    const rows = [];
    if (shape.key(node) < 0) {
      rows.push(['Total', unit(total)]);
    } else {
      const zoomed = shape.total(graph.zoom);
      rows.push(['Total', `${unit(total)} \u00b7 ${percent(total, whole)}`]);
      if (!gone) rows.push(['\u2026 95\u2009% interval', intervalText(share(total) * n, n)]);
      rows.push([
        shape.upward ? 'Starts here' : 'Self',
        `${unit(self)} \u00b7 ${percent(self, whole)}`
      ]);
      if (!shape.upward && !gone)
        rows.push(['\u2026 95\u2009% interval', intervalText(share(self) * n, n)]);
      if (graph.zoom !== shape.root) rows.push(['Of the zoomed frame', percent(total, zoomed)]);
    }
    let kids = 0;
    for (const kid of shape.children(node)) if (shape.total(kid) > 0) ++kids;
    rows.push([shape.upward ? 'Callers' : 'Callees', count(kids)]);
    if (model.diff && shape instanceof DownShape && shape.key(node) >= 0) {
      const then = gone ? null : model.baseline(state);
      const was = then ? then.self[node] : self;
      const wasTotal = then ? then.total[node] : total;
      const now = gone ? 0 : self;
      rows.push(
        ['Baseline total', unit(wasTotal)],
        ['Baseline self', unit(was)],
        [
          'Self changed by',
          signed(unit(now - was), now - was) +
            (was > 0
              ? ` \u00b7 ${signed(((100 * (now - was)) / was).toFixed(0) + thin + '%', now - was)}`
              : now > 0
                ? ' \u00b7 new'
                : '')
        ]
      );
    }
    return rows;
  }

  source(state, shape, node) {
    const {model} = this.app;
    const key = shape.key(node);
    if (key < 0 || state.view === 'vanished') return [];
    const {profile} = model;
    const detail = model.detail(state, shape.nodes(node));
    const f = model.keys[state.by].functionOf(key);
    const out = [];
    const top = detail.lines.length ? detail.lines[0][0] : 0;
    const lines = excerpt(profile, profile.functions.file[f], top, 2);
    if (lines.length) {
      const pre = el('pre');
      const indent = Math.min(
        ...lines.filter((l) => l.text.trim()).map((l) => l.text.search(/\S/))
      );
      for (const line of lines) {
        const row = el('span', line.number === top ? {class: 'now'} : {});
        row.append(
          (line.number === top ? '\u2192' : ' ') + String(line.number).padStart(5) + '  ',
          clean(line.text.slice(indent), 110),
          '\n'
        );
        pre.append(row);
      }
      out.push(pre);
    }
    if (detail.lines.length > 1 && state.by === 'function') {
      const whole = shape.total(node);
      out.push(
        el(
          'p',
          {class: 'quiet'},
          'Lines: ' +
            detail.lines
              .slice(0, 5)
              .map(([line, v]) => `${line} (${percent(v, whole, 0)})`)
              .join(', ') +
            (detail.lines.length > 5 ? ` and ${detail.lines.length - 5} more` : '')
        )
      );
    }
    if (detail.opcodes.length) {
      const sum = detail.opcodes.reduce((a, o) => a + o[1], 0);
      const grid = el('div', {class: 'ops'});
      for (const [opcode, n] of detail.opcodes.slice(0, 8)) {
        const o = profile.opcodes[opcode];
        const fill = el('i');
        fill.style.width = (100 * n) / sum + '%';
        grid.append(
          el('span', {}, o.name, o.specialized ? el('span', {class: 'badge'}, 'SPECIALIZED') : ''),
          el('div', {class: 'track'}, fill),
          el('span', {class: 'num'}, `${count(n)} \u00b7 ${percent(n, sum)}`)
        );
      }
      out.push(grid);
    }
    return out;
  }

  showTip(graph, hit, event) {
    const {app, tip} = this;
    if (!hit || !event || event.pointerType === 'touch') {
      tip.hidden = true;
      return;
    }
    const id = [graph.shape, hit.node, app.state.query];
    if (!this.tipFor || this.tipFor.some((v, i) => v !== id[i]) || tip.hidden) {
      this.tipFor = id;
      if (hit.node < 0) {
        tip.replaceChildren(
          el('h3', {}, `${count(hit.count)} frames too narrow to draw`),
          facts([
            [
              'Together',
              `${app.amount(hit.total)} \u00b7 ${percent(hit.total, graph.shape.total(graph.shape.root))}`
            ]
          ]),
          el('div', {class: 'hint'}, 'Click to zoom into their caller')
        );
      } else {
        const key = graph.shape.key(hit.node);
        tip.replaceChildren(
          el('h3', {}, name(app.label(key), 500)),
          el('div', {class: 'where'}, name(app.place(app.by(), key, true), 500)),
          facts(this.numbers(graph, hit.node)),
          ...this.source(app.state, graph.shape, hit.node),
          el('div', {class: 'hint'}, 'Click to zoom and select')
        );
      }
      tip.hidden = false;
    }
    const box = tip.getBoundingClientRect();
    const x =
      event.clientX + 16 + box.width > innerWidth
        ? Math.max(8, event.clientX - box.width - 12)
        : event.clientX + 16;
    const y =
      event.clientY + 16 + box.height > innerHeight
        ? Math.max(8, event.clientY - box.height - 12)
        : event.clientY + 16;
    tip.style.left = x + 'px';
    tip.style.top = y + 'px';
  }

  showChosen() {
    const {app} = this;
    const graph = app.chosenGraph;
    const node = app.chosenNode;
    const inGraph =
      graph && graph.shape && node > 0 && node < graph.shape.size && graph.shape.total(node) > 0;
    if (!inGraph && !(app.state.view === 'sandwich' && app.state.focus >= 0)) {
      this.chosen.replaceChildren(
        el('p', {class: 'quiet'}, 'Click a frame to zoom into it and to see its figures here.')
      );
      return;
    }
    const key = inGraph ? graph.shape.key(node) : app.state.focus;
    const f = app.model.keys[app.by()].functionOf(key);
    const act = (text, patch, id) => el('button', {id, on: {click: () => app.set(patch)}}, text);
    this.chosen.replaceChildren(
      el(
        'div',
        {},
        el('b', {}, name(app.label(key), 300)),
        el('div', {class: 'quiet'}, name(app.place(app.by(), key, true), 300))
      ),
      inGraph ? facts(this.numbers(graph, node)) : '',
      ...(inGraph ? this.source(app.state, graph.shape, node) : []),
      el(
        'p',
        {class: 'acts'},
        app.state.view === 'vanished'
          ? ''
          : act('Callers and callees', {view: 'sandwich', focus: key}, 'act-sandwich'),
        act('Search', {query: app.functionName(f)}, 'act-search'),
        act('In the table', {view: 'table', query: app.functionName(f)}, 'act-table')
      )
    );
  }

  // The table of functions; it is also what the picture says in words.
  table(limit) {
    const {model, state} = this.app;
    if (model.diff) return this.changeTable(limit);
    const selection = model.selection(state);
    const whole = selection[model.value(state, 'all')];
    const n = selection.allSamples;
    const found = model.search(state);
    const columns = [
      ['name', state.by === 'line' ? 'Line' : 'Function', ''],
      ['self', 'Self', ''],
      ['self', 'Self %', ''],
      [null, '95\u2009% interval', 'wide-only'],
      ['total', 'Total', ''],
      ['total', 'Total %', ''],
      ['samples', 'Samples', 'wide-only']
    ];
    let rows = model.rows(state);
    if (found) rows = rows.filter((r) => found.keyHit[r.key]);
    const order =
      {
        name: (a, b) => this.app.label(a.key).localeCompare(this.app.label(b.key)),
        self: (a, b) => b.self - a.self || b.total - a.total || a.key - b.key,
        total: (a, b) => b.total - a.total || b.self - a.self || a.key - b.key,
        samples: (a, b) => b.totalSamples - a.totalSamples || a.key - b.key
      }[state.sort] || (() => 0);
    rows = [...rows].sort(order);
    if (state.backwards) rows.reverse();
    const body = rows
      .slice(0, limit)
      .map((r) =>
        el(
          'tr',
          {'data-key': r.key},
          this.nameCell(r.key),
          el('td', {}, this.app.amount(r.self)),
          this.shareCell(r.self, whole),
          el(
            'td',
            {class: 'quiet wide-only'},
            intervalText(whole > 0 ? (r.self / whole) * n : 0, n)
          ),
          el('td', {}, this.app.amount(r.total)),
          this.shareCell(r.total, whole),
          el('td', {class: 'quiet wide-only'}, `${count(r.selfSamples)} / ${count(r.totalSamples)}`)
        )
      );
    return this.grid(
      columns,
      body,
      rows.length,
      'Functions of the selection, with self and total figures'
    );
  }

  changeTable(limit) {
    const {model, state} = this.app;
    const found = model.search({...state, by: 'function'});
    const columns = [
      ['name', 'Function', ''],
      ['now', 'Self now', ''],
      ['then', 'Self before', ''],
      ['self', 'Changed by', ''],
      [null, '95\u2009% interval', 'wide-only'],
      [null, 'Verdict', ''],
      ['total', 'Total changed by', 'wide-only']
    ];
    let rows = model.changes(state);
    if (found) rows = rows.filter((r) => found.keyHit[r.key]);
    const size = (c) => Math.abs(c.difference);
    const order =
      {
        name: (a, b) => this.app.label(a.key).localeCompare(this.app.label(b.key)),
        now: (a, b) => b.selfNow - a.selfNow,
        then: (a, b) => b.selfThen - a.selfThen,
        total: (a, b) => size(b.total) - size(a.total)
      }[state.sort] || ((a, b) => size(b.self) - size(a.self) || size(b.total) - size(a.total));
    rows = [...rows].sort((a, b) => order(a, b) || a.key - b.key);
    if (state.backwards) rows.reverse();
    const moved = (c) =>
      el(
        'span',
        {class: c.sure ? (c.difference > 0 ? 'up' : 'down') : 'quiet'},
        signed(this.app.amount(c.difference), c.difference)
      );
    const body = rows
      .slice(0, limit)
      .map((r) =>
        el(
          'tr',
          {'data-key': r.key, 'data-sure': r.self.sure ? 'yes' : 'no'},
          this.nameCell(r.key),
          el('td', {}, this.app.amount(r.selfNow)),
          el('td', {}, this.app.amount(r.selfThen)),
          el('td', {}, moved(r.self)),
          el(
            'td',
            {class: 'quiet wide-only'},
            `${signed(this.app.amount(r.self.low), r.self.low)} \u2026 ${signed(this.app.amount(r.self.high), r.self.high)}`
          ),
          el('td', {}, r.self.sure ? 'beyond noise' : el('span', {class: 'quiet'}, 'within noise')),
          el('td', {class: 'wide-only'}, moved(r.total))
        )
      );
    return this.grid(
      columns,
      body,
      rows.length,
      'Functions of both runs, by how much they changed'
    );
  }

  nameCell(key) {
    const {app} = this;
    const found = el(
      'button',
      {title: 'Callers and callees', on: {click: () => app.set({view: 'sandwich', focus: key})}},
      name(app.label(key), 300)
    );
    return el('td', {}, found, el('br'), el('small', {}, name(app.place(app.by(), key), 300)));
  }
  shareCell(value, whole) {
    const cell = el('td', {class: 'share'}, percent(value, whole));
    cell.style.setProperty('--w', (whole > 0 ? (100 * value) / whole : 0) + '%');
    return cell;
  }

  grid(columns, body, all, caption) {
    const {app} = this;
    const head = columns.map(([sort, title, kind]) => {
      const active = sort && sort === app.state.sort;
      const sorted = active
        ? (sort === 'name') !== app.state.backwards
          ? 'ascending'
          : 'descending'
        : null;
      return el(
        'th',
        {scope: 'col', class: kind || null, 'aria-sort': sorted},
        sort
          ? el(
              'button',
              {
                'data-sort': sort,
                on: {click: () => app.set({sort, backwards: active && !app.state.backwards})}
              },
              title
            )
          : title
      );
    });
    const table = el(
      'table',
      {},
      el('caption', {class: 'visually-hidden'}, caption),
      el('thead', {}, el('tr', {}, ...head)),
      el('tbody', {}, ...body)
    );
    const out = [table];
    if (!all) out.push(el('p', {class: 'empty'}, 'Nothing to list.'));
    if (all > body.length) {
      out.push(
        el(
          'p',
          {class: 'more'},
          el(
            'button',
            {id: 'more', on: {click: () => app.more()}},
            `Show more (${count(all - body.length)} left)`
          )
        )
      );
    }
    return out;
  }
}
