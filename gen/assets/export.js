// The profile as the object that CPython's own flame graph page embeds, for scripts that read it:
// nested nodes with name, label, value, self, children, filename, module, lineno, funcname, threads,
// thread_values, source, opcodes. Our page keeps columns instead, at a tenth of the size, and makes
// this object when it is asked for: `EMBEDDED_DATA` in the console, or tachyon.reference().

function referenceData(model) {
  const {profile} = model;
  const strings = [];
  const known = new Map();
  const text = (value) => {
    if (!known.has(value)) known.set(value, strings.push(value) - 1);
    return known.get(value);
  };
  const merged = model.merged('line');
  const selection = model.all(merged, 0);
  const {keys} = model;
  const nodes = [];
  for (let i = 0; i < merged.size; ++i) {
    const node = {
      name: 0,
      label: 0,
      value: selection.totalSamples[i],
      self: selection.selfSamples[i],
      children: [],
      threads: [],
      thread_values: {}
    };
    if (i > 0) {
      const f = keys.line.functionOf(merged.key[i]);
      const line = keys.line.lineOf(merged.key[i]);
      const of = (column) => profile.strings[profile.functions[column][f]];
      node.name = text(`${of('name')} (${shortPath(of('file'))}:${line})`);
      node.label = text(`${of('name')} (${of('module')}:${line})`);
      node.filename = text(of('file'));
      node.module = text(of('module'));
      node.lineno = line;
      node.funcname = text(of('name'));
      const source = excerpt(profile, profile.functions.file[f], line, 2);
      if (source.length) {
        node.source = source.map((l) =>
          text(`${l.number === line ? '\u2192 ' : '  '}${l.number}: ${l.text}`)
        );
      }
      nodes[merged.parent[i]].children.push(node);
    }
    nodes.push(node);
  }
  const tree = profile.trees[0];
  const {records} = tree;
  for (let r = 0; r < records.size; ++r) {
    const tid = profile.threads[records.thread[r]].id;
    let node = merged.at[0][records.node[r]];
    const leaf = node;
    for (; node >= 0; node = merged.parent[node]) {
      const values = nodes[node].thread_values[tid] || (nodes[node].thread_values[tid] = [0, 0]);
      values[0] += records.samples[r];
      if (node === leaf) values[1] += records.samples[r];
    }
  }
  if (model.hasOpcodes) {
    const raw = Float64Array.from(model.rawAll(0).samples);
    for (let i = tree.count - 1; i >= 0; --i) {
      if (tree.parent[i] >= 0) raw[tree.parent[i]] += raw[i];
      const opcode = profile.frames.opcode[tree.frame[i]];
      if (!opcode) continue;
      const node = nodes[merged.at[0][i]];
      const number = profile.opcodes[opcode].number;
      node.opcodes = node.opcodes || {};
      node.opcodes[number] = (node.opcodes[number] || 0) + raw[i];
    }
  }
  for (const node of nodes) {
    node.threads = Object.keys(node.thread_values)
      .map(Number)
      .sort((a, b) => a - b);
    node.children.sort((a, b) => b.value - a.value);
  }
  let root = nodes[0];
  if (root.children.length === 1 && root.children[0].value === root.value) {
    root = root.children[0];
    root.name = text('Program Root: ' + strings[root.name]);
    root.label = text('Program Root: ' + strings[root.label]);
  } else {
    root.name = root.label = text('Program Root');
  }
  const statistics = (thread) => {
    const s = model.states({thread, from: 0, to: profile.buckets.count});
    const part = (n) => (s.all > 0 ? (100 * n) / s.all : 0);
    return {
      has_gil: s.gil,
      on_cpu: s.cpu,
      gil_requested: s.waiting,
      unknown: s.unknown,
      has_exception: s.exception,
      total: s.all,
      gc_samples: s.gc,
      has_gil_pct: part(s.gil),
      on_cpu_pct: part(s.cpu),
      gil_requested_pct: part(s.waiting),
      has_exception_pct: part(s.exception),
      gc_pct: part(s.gc)
    };
  };
  const {run} = profile;
  const t = run.trust;
  const opcodes = profile.opcodes.slice(1);
  return {
    ...root,
    threads: profile.threads.map((thread) => thread.id).sort((a, b) => a - b),
    strings,
    stats: {
      sample_interval_usec: run.interval / 1000,
      duration_sec: run.duration / 1e9,
      sample_rate: run.duration > 0 ? t.ticks / (run.duration / 1e9) : 0,
      error_rate: t.attempts > 0 ? (100 * (t.attempts - t.valid)) / t.attempts : 0,
      missed_samples: t.ticks + t.missed > 0 ? (100 * t.missed) / (t.ticks + t.missed) : 0,
      mode: run.modeNumber,
      thread_stats: {...statistics(-1), free_threaded: run.freeThreaded},
      per_thread_stats: Object.fromEntries(
        profile.threads.map((thread, i) => [thread.id, statistics(i)])
      )
    },
    opcode_mapping: {
      names: Object.fromEntries(opcodes.map((o) => [o.number, o.name])),
      deopt: Object.fromEntries(
        opcodes
          .filter((o) => o.specialized)
          .map((o) => {
            const base = opcodes.find((b) => b.name === o.base);
            return [o.number, base ? base.number : o.base];
          })
      )
    }
  };
}

// Lines of source around one line, as far as they are embedded.
function excerpt(profile, file, line, around) {
  const lines = profile.sources.get(file);
  const out = [];
  for (let n = line - around; lines && n <= line + around; ++n) {
    if (lines.has(n)) out.push({number: n, text: lines.get(n)});
  }
  return out.some((l) => l.number === line) ? out : [];
}
