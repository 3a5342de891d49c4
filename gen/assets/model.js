// The profile and the choices made on the page, turned into shapes and numbers. No document in here.

class Model {
  constructor(profile) {
    this.profile = profile;
    this.diff = profile.kind === 'diff';
    this.cache = new Map();
    const {frames} = profile;
    // Keys of both ways of merging: a function, or a line of a function.
    const match = profile.functions.match;
    const byFunction = match ? frames.function.map((f) => match[f]) : frames.function;
    const lines = new Map();
    const keyFunction = [];
    const keyLine = [];
    const byLine = new Int32Array(frames.count);
    for (let i = 0; i < frames.count; ++i) {
      const id = frames.function[i] * 2147483648 + frames.line[i];
      let key = lines.get(id);
      if (key === undefined) {
        lines.set(id, (key = keyFunction.length));
        keyFunction.push(frames.function[i]);
        keyLine.push(frames.line[i]);
      }
      byLine[i] = key;
    }
    this.keys = {
      function: {
        of: byFunction,
        count: profile.functions.count,
        functionOf: (k) => k,
        lineOf: (k) => profile.functions.line[k]
      },
      line: {
        of: byLine,
        count: keyFunction.length,
        functionOf: (k) => keyFunction[k],
        lineOf: (k) => keyLine[k]
      }
    };
    let any = 0;
    for (const tree of profile.trees) for (const t of tree.records.time) any += t;
    this.hasTime = any > 0;
    this.hasOpcodes = profile.opcodes.length > 1;
  }

  // What was worked out already. Ids that begin with @ depend on the selection; of these only the
  // last used are kept, fewer of a large profile.
  once(id, make) {
    const {cache} = this;
    let known = cache.get(id);
    if (known === undefined) {
      known = make();
    } else if (id[0] === '@') {
      cache.delete(id);
    } else {
      return known;
    }
    cache.set(id, known);
    const few = Math.max(10, Math.min(60, 1e7 / (1 + this.profile.trees[0].count)));
    if (cache.size > few + 15) {
      let left = few;
      for (const old of [...cache.keys()].reverse())
        if (old[0] === '@' && --left < 0) cache.delete(old);
    }
    return known;
  }

  merged(by) {
    return this.once('merged ' + by, () => {
      const source =
        this.diff && by === 'line'
          ? {...this.profile, trees: [this.profile.trees[0]]}
          : this.profile;
      const merged = new Merged(source, this.keys[by].of, this.keys[by].count);
      const {selfTime, selfSamples} = this.all(merged, 0);
      const weight = addUp(merged.parent, this.hasTime ? selfTime : selfSamples);
      if (this.diff && by === 'function') {
        const before = this.all(merged, 1);
        const more = addUp(merged.parent, this.hasTime ? before.selfTime : before.selfSamples);
        for (let i = 0; i < weight.length; ++i) weight[i] += more[i] * 1e-6;
      }
      merged.order(weight);
      return merged;
    });
  }
  all(merged, which) {
    return new Selection(merged, which, this.rawAll(which));
  }
  rawAll(which) {
    return this.once('raw ' + which, () => weighRaw(this.profile.trees[which], -1, 0, Infinity));
  }
  // The numbers of this run in a choice of thread and time.
  selection(s) {
    const spanned = s.from > 0 || s.to < this.profile.buckets.count || s.thread >= 0;
    const id = `${s.thread} ${s.from} ${s.to}`;
    const raw = spanned
      ? this.once('@raw ' + id, () => weighRaw(this.profile.trees[0], s.thread, s.from, s.to))
      : this.rawAll(0);
    const merged = this.merged(s.by);
    return this.once(`@sel ${s.by} ${id}`, () => new Selection(merged, 0, raw));
  }

  value(s, what) {
    return s.measure === 'samples' ? what + 'Samples' : what + 'Time';
  }
  // What a value of the baseline is multiplied by, so that it can be compared.
  scale(s) {
    const {run, baseline} = this.profile;
    if (s.measure === 'samples')
      return run.interval > 0 && baseline.interval > 0 ? baseline.interval / run.interval : 1;
    if (s.measure !== 'share') return 1;
    const now = this.rawAll(0).allTime;
    const then = this.rawAll(1).allTime;
    return then > 0 ? now / then : 1;
  }

  // Baseline values per merged node, scaled: {self, total, selfSamples, ...}.
  baseline(s) {
    return this.once(`base ${s.by} ${s.measure}`, () => {
      const scale = this.scale(s);
      const flat = this.merged('function');
      const then = this.once('base selection', () => this.all(flat, 1));
      const times = (values) => values.map((v) => v * scale);
      const selfFlat = times(then[this.value(s, 'self')]);
      const totalFlat = times(then[this.value(s, 'total')]);
      if (s.by === 'function') return {self: selfFlat, total: totalFlat, samples: then.selfSamples};
      // Lines move between runs, so a function's baseline is shared out over the lines it has now.
      const now = this.all(flat, 0);
      const lines = this.merged('line');
      const fine = this.all(lines, 0);
      const home = new Int32Array(lines.size);
      lines.at[0].forEach((node, raw) => {
        home[node] = flat.at[0][raw];
      });
      const selfNow = now[this.value(s, 'self')],
        totalNow = now[this.value(s, 'total')];
      const selfFine = fine[this.value(s, 'self')],
        totalFine = fine[this.value(s, 'total')];
      const self = new Float64Array(lines.size);
      const total = new Float64Array(lines.size);
      for (let i = 0; i < lines.size; ++i) {
        const f = home[i];
        const below = totalNow[f] - selfNow[f];
        const share = totalNow[f] > 0 ? totalFine[i] / totalNow[f] : 0;
        self[i] = selfFlat[f] * (selfNow[f] > 0 ? selfFine[i] / selfNow[f] : share);
        total[i] =
          self[i] +
          (totalFlat[f] - selfFlat[f]) * (below > 0 ? (totalFine[i] - selfFine[i]) / below : share);
      }
      return {self, total, samples: null};
    });
  }

  // Stacks of the baseline that this run does not have.
  vanished(s) {
    return this.once('vanished ' + s.measure, () => {
      const merged = this.merged('function');
      const now = this.all(merged, 0);
      const then = this.baseline({...s, by: 'function'});
      const self = new Float64Array(merged.size);
      let count = 0;
      for (let i = 1; i < merged.size; ++i) {
        if (now.totalSamples[i] === 0 && then.self[i] > 0) {
          self[i] = then.self[i];
          ++count;
        }
      }
      return {merged, self, total: addUp(merged.parent, self), count};
    });
  }

  shape(s, part) {
    const id = `@shape ${s.view} ${part} ${s.by} ${s.measure} ${s.thread} ${s.from} ${s.to} ${s.focus}`;
    return this.once(id, () => {
      if (s.view === 'vanished') {
        const {merged, self, total} = this.vanished(s);
        return new DownShape(merged, total, self);
      }
      const merged = this.merged(s.by);
      const selection = this.selection(s);
      const total = selection[this.value(s, 'total')];
      const self = selection[this.value(s, 'self')];
      if (s.view === 'inverted') return BundleShape.inverted(merged, total, self);
      if (s.view === 'sandwich')
        return BundleShape.around(merged, total, s.focus, part === 'callers');
      return new DownShape(merged, total, self);
    });
  }

  // One row for each function (or line) seen in the selection.
  rows(s) {
    return this.once(`@rows ${s.by} ${s.measure} ${s.thread} ${s.from} ${s.to}`, () => {
      const selection = this.selection(s);
      const per = selection.keys(this.merged(s.by));
      const rows = [];
      for (let key = 0; key < per.totalSamples.length; ++key) {
        if (per.totalSamples[key] > 0) {
          rows.push({
            key,
            self: per[this.value(s, 'self')][key],
            total: per[this.value(s, 'total')][key],
            selfSamples: per.selfSamples[key],
            totalSamples: per.totalSamples[key],
            selfTime: per.selfTime[key],
            totalTime: per.totalTime[key]
          });
        }
      }
      return rows;
    });
  }

  // One row for each function of either run: now, before, and whether the change is beyond noise.
  changes(s) {
    return this.once(`changes ${s.measure}`, () => {
      const merged = this.merged('function');
      const scale = this.scale(s);
      const now = this.all(merged, 0);
      const then = this.once('base selection', () => this.all(merged, 1));
      const a = now.keys(merged);
      const b = then.keys(merged);
      const side = (selection, keys, what, key, by) => {
        const value = keys[this.value(s, what)][key] * by;
        const whole = (s.measure === 'samples' ? selection.allSamples : selection.allTime) * by;
        return {
          hits: keys[what + 'Samples'][key],
          samples: selection.allSamples,
          value,
          unit: selection.allSamples > 0 ? whole / selection.allSamples : 0
        };
      };
      const rows = [];
      for (let key = 0; key < merged.keyCount; ++key) {
        if (!(a.totalSamples[key] > 0 || b.totalSamples[key] > 0)) continue;
        const self = change(side(now, a, 'self', key, 1), side(then, b, 'self', key, scale));
        const total = change(side(now, a, 'total', key, 1), side(then, b, 'total', key, scale));
        rows.push({
          key,
          selfNow: a[this.value(s, 'self')][key],
          selfThen: b[this.value(s, 'self')][key] * scale,
          totalNow: a[this.value(s, 'total')][key],
          totalThen: b[this.value(s, 'total')][key] * scale,
          self,
          total
        });
      }
      judge(rows.map((r) => r.self));
      judge(rows.map((r) => r.total));
      return rows;
    });
  }

  changed(s, key) {
    return this.once(
      'changed ' + s.measure,
      () => new Map(this.changes(s).map((r) => [r.key, r]))
    ).get(key);
  }

  distinct() {
    let n = 0;
    for (const samples of this.rawAll(0).samples) if (samples > 0) ++n;
    return n;
  }

  searchTexts() {
    return this.once('texts', () => {
      const {functions: f, strings} = this.profile;
      return Array.from(f.name, (text, i) =>
        [text, f.file[i], f.module[i]]
          .map((t) => strings[t])
          .join('\n')
          .toLowerCase()
      );
    });
  }

  // Which frames a search means, and which share of the selection has one of them in its stack.
  search(s) {
    if (!s.query) return null;
    return this.once(
      `@search ${s.by} ${s.measure} ${s.thread} ${s.from} ${s.to} ${s.view} ${s.query}`,
      () => {
        const {functions, frames} = this.profile;
        const query = s.query.toLowerCase();
        const place = /^(.+):(\d+)$/.exec(query);
        const texts = this.searchTexts();
        const hit = new Uint8Array(functions.count);
        const near = place ? new Uint8Array(functions.count) : null;
        for (let i = 0; i < functions.count; ++i) {
          hit[i] = texts[i].includes(query) ? 1 : 0;
          if (place) {
            const [, file, module] = texts[i].split('\n').slice(-3);
            near[i] =
              file.endsWith(place[1]) ||
              module.endsWith(place[1]) ||
              shortPath(file).endsWith(place[1])
                ? 1
                : 0;
          }
        }
        const line = place ? Number(place[2]) : 0;
        const frame = new Uint8Array(frames.count);
        const keyHit = new Uint8Array(this.keys[s.by].count);
        const functionHit = new Set();
        for (let i = 0; i < frames.count; ++i) {
          const f = frames.function[i];
          if (hit[f] || (place && near[f] && frames.line[i] === line)) {
            frame[i] = 1;
            functionHit.add(f);
            keyHit[this.keys[s.by].of[i]] = 1;
          }
        }
        const vanishedView = s.view === 'vanished';
        const which = vanishedView ? 1 : 0;
        const tree = this.profile.trees[which];
        const raw = vanishedView ? this.rawAll(1) : this.selection(s).raw;
        const weight = s.measure === 'samples' ? raw.samples : raw.time;
        const covered = new Uint8Array(tree.count);
        let sum = 0;
        let whole = 0;
        for (let i = 0; i < tree.count; ++i) {
          covered[i] = frame[tree.frame[i]] || (tree.parent[i] >= 0 ? covered[tree.parent[i]] : 0);
          whole += weight[i];
          if (covered[i]) sum += weight[i];
        }
        let exact = null;
        // A function is marked only where it stands at that line.
        if (place) {
          const merged = vanishedView ? this.merged('function') : this.merged(s.by);
          exact = new Uint8Array(merged.size);
          merged.at.forEach((at, t) =>
            at.forEach((node, r) => {
              if (frame[this.profile.trees[t].frame[r]]) exact[node] = 1;
            })
          );
        }
        return {keyHit, exact, functions: functionHit.size, sum, whole};
      }
    );
  }

  // Lines and instructions behind some merged nodes, in the current selection.
  detail(s, nodes) {
    const merged = this.merged(s.by);
    const {raw} = this.selection(s);
    const weight = s.measure === 'samples' ? raw.samples : raw.time;
    const tree = this.profile.trees[0];
    const total = this.once(`@rawtotal ${s.measure} ${s.thread} ${s.from} ${s.to}`, () => {
      const sum = Float64Array.from(weight);
      for (let i = tree.count - 1; i >= 0; --i)
        if (tree.parent[i] >= 0) sum[tree.parent[i]] += sum[i];
      return sum;
    });
    const samples = this.hasOpcodes
      ? this.once(`@rawsamples ${s.thread} ${s.from} ${s.to}`, () => {
          const sum = Float64Array.from(raw.samples);
          for (let i = tree.count - 1; i >= 0; --i)
            if (tree.parent[i] >= 0) sum[tree.parent[i]] += sum[i];
          return sum;
        })
      : null;
    const lines = new Map();
    const opcodes = new Map();
    let seen = 0;
    for (const node of nodes) {
      if ((seen += 1) > 20000) break;
      for (const r of merged.rawOf(node)) {
        if (!(total[r] > 0)) continue;
        const f = tree.frame[r];
        const line = this.profile.frames.line[f];
        lines.set(line, (lines.get(line) || 0) + total[r]);
        const opcode = this.profile.frames.opcode[f];
        if (samples && opcode) opcodes.set(opcode, (opcodes.get(opcode) || 0) + samples[r]);
      }
    }
    const sorted = (map) => [...map].sort((a, b) => b[1] - a[1] || a[0] - b[0]);
    return {lines: sorted(lines), opcodes: sorted(opcodes)};
  }

  // Thread states of the selection.
  states(s) {
    const {status} = this.profile;
    const out = {all: 0, gil: 0, cpu: 0, unknown: 0, waiting: 0, exception: 0, gc: 0, cut: 0};
    for (let i = 0; i < status.bits.length; ++i) {
      if (s.thread >= 0 && status.thread[i] !== s.thread) continue;
      if (status.bucket[i] < s.from || status.bucket[i] >= s.to) continue;
      const n = status.samples[i];
      const bits = status.bits[i];
      out.all += n;
      if (bits & 1) out.gil += n;
      if (bits & 2) out.cpu += n;
      if (bits & 4) out.unknown += n;
      if (bits & 8) out.waiting += n;
      if (bits & 16) out.exception += n;
      if (bits & 64) out.gc += n;
      if (bits & 256) out.cut += n;
    }
    return out;
  }

  // Samples in each time bucket, or the time that they stand for, of one thread or all. By time a
  // program that was looked at less often for a while does not seem to have done less.
  levels({thread, measure}) {
    const out = new Float64Array(this.profile.buckets.count);
    const r = this.profile.trees[0].records;
    for (let i = 0; i < r.size; ++i) {
      if (thread >= 0 && r.thread[i] !== thread) continue;
      out[r.bucket[i]] += measure === 'samples' ? r.samples[i] : r.time[i];
    }
    return out;
  }
}
