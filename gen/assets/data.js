// Reading the profile that is embedded in the page.
//
// It is one JSON object. Text stands once in `strings`; everything that repeats per node is a column:
// base64 of unsigned LEB128 numbers. The page keeps columns as typed arrays and never builds an
// object per node, which is what lets a million nodes open.
//
//   functions   name, file, module: string numbers; line: of the definition; origin: 0 project,
//               1 standard library, 2 site-packages, 3 other; match: number of the function of the
//               current run that this one is compared with (differential pages)
//   frames      function, line, opcode: what a tree node is about
//   trees       [0] this run, [1] the baseline. Nodes stand in preorder: `up` says how many levels
//               to climb from the node before to reach the parent (0 = child of the node before).
//               `records` holds for each node how many records follow, and for each of them place,
//               samples and time: samples that ended in that node. A place is the time bucket, less
//               the one of the record before, times 2; when that is of another thread (a node begins
//               at thread 0, bucket 0), the bucket times 2 plus 1, and the thread. Time is what the
//               samples' nanoseconds exceed the interval asked for, zigzagged.
//   status      place, status bits, samples, repeated
//   sources     [file string, line, text, line, text, ...] for the lines near the sampled ones

function bytesOf(base64) {
  const raw = atob(base64);
  const bytes = new Uint8Array(raw.length);
  for (let i = 0; i < raw.length; ++i) bytes[i] = raw.charCodeAt(i);
  return bytes;
}

class Column {
  constructor(base64) {
    this.bytes = bytesOf(base64);
    this.at = 0;
  }
  get more() {
    return this.at < this.bytes.length;
  }
  next() {
    let byte = this.bytes[this.at++];
    if (byte < 128) return byte;
    let value = byte & 127;
    let scale = 128;
    do {
      byte = this.bytes[this.at++];
      value += (byte & 127) * scale;
      scale *= 128;
    } while (byte >= 128);
    return value;
  }
  take(count) {
    const values = new Int32Array(count);
    for (let i = 0; i < count; ++i) values[i] = this.next();
    return values;
  }
}

// The walk over places: which thread and time bucket comes next.
class Places {
  constructor(column) {
    this.column = column;
    this.begin();
  }
  begin() {
    this.thread = this.bucket = 0;
  }
  next() {
    const place = this.column.next();
    this.bucket = (place >> 1) + (place & 1 ? 0 : this.bucket);
    if (place & 1) this.thread = this.column.next();
  }
}

function readTree(tree, interval) {
  const count = tree.nodes;
  const parent = new Int32Array(count);
  const frame = new Column(tree.frame).take(count);
  const up = new Column(tree.up);
  const path = [];
  for (let i = 0, depth = -1; i < count; ++i) {
    depth += 1 - up.next();
    parent[i] = depth > 0 ? path[depth - 1] : -1;
    path[depth] = i;
  }
  const size = tree.recordCount;
  const records = {
    size,
    node: new Int32Array(size),
    thread: new Int32Array(size),
    bucket: new Int32Array(size),
    samples: new Float64Array(size),
    time: new Float64Array(size)
  };
  const column = new Column(tree.records);
  const places = new Places(column);
  for (let i = 0, r = 0; i < count; ++i) {
    places.begin();
    for (let left = column.next(); left > 0; --left, ++r) {
      places.next();
      records.node[r] = i;
      records.thread[r] = places.thread;
      records.bucket[r] = places.bucket;
      records.samples[r] = column.next();
      const extra = column.next();
      records.time[r] = records.samples[r] * interval + (extra % 2 ? -(extra + 1) / 2 : extra / 2);
    }
  }
  return {count, parent, frame, records};
}

function readProfile(text) {
  const json = JSON.parse(text);
  const {functions: f, frames: r} = json;
  const columnOf = (base64, count) => new Column(base64).take(count);
  const status = {thread: [], bucket: [], bits: [], samples: []};
  const column = new Column(json.status);
  for (const places = new Places(column); column.more;) {
    places.next();
    status.thread.push(places.thread);
    status.bucket.push(places.bucket);
    status.bits.push(column.next());
    status.samples.push(column.next());
  }
  const sources = new Map();
  for (const [file, ...rest] of json.sources) {
    const lines = new Map();
    for (let i = 0; i + 1 < rest.length; i += 2) lines.set(rest[i], rest[i + 1]);
    sources.set(file, lines);
  }
  return {
    kind: json.kind,
    run: json.run,
    baseline: json.baseline || null,
    strings: json.strings,
    functions: {
      count: f.count,
      name: columnOf(f.name, f.count),
      file: columnOf(f.file, f.count),
      module: columnOf(f.module, f.count),
      line: columnOf(f.line, f.count),
      origin: columnOf(f.origin, f.count),
      match: f.match ? columnOf(f.match, f.count) : null
    },
    frames: {
      count: r.count,
      function: columnOf(r.function, r.count),
      line: columnOf(r.line, r.count),
      opcode: columnOf(r.opcode, r.count)
    },
    opcodes: json.opcodes,
    threads: json.threads,
    buckets: json.buckets,
    status,
    sources,
    trees: json.trees.map((tree, i) => readTree(tree, (i ? json.baseline : json.run).interval))
  };
}
