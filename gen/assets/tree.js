// From what is embedded to what is shown: nodes merged by function or by line, totals of a selection
// of threads and time, and the two directions in which stacks can be read.
//
// A Merged tree is made once for each way of merging and never changes; a Selection holds the numbers
// of one choice of thread and time span. Children are ordered by what they weigh in the whole run and
// keep their places when a selection changes, so that frames do not jump about under a moving brush.

class Merged {
  // keyOf: for each frame the number of what it is merged into. Node 0 is the root, its key is -1.
  constructor(profile, keyOf, keyCount) {
    const most = 1 + profile.trees.reduce((sum, tree) => sum + tree.count, 0);
    let slots = 16;
    while (slots < 2 * most) slots *= 2;
    const table = new Int32Array(slots);
    const parent = new Int32Array(most);
    const key = new Int32Array(most);
    key[0] = parent[0] = -1;
    let size = 1;
    this.at = profile.trees.map((tree) => {
      const at = new Int32Array(tree.count);
      for (let i = 0; i < tree.count; ++i) {
        const above = tree.parent[i] < 0 ? 0 : at[tree.parent[i]];
        const wanted = keyOf[tree.frame[i]];
        let slot = (Math.imul(above, 0x9e3779b1) ^ Math.imul(wanted + 1, 0x85ebca6b)) >>> 0;
        slot = (slot ^ (slot >>> 15)) & (slots - 1);
        let node = table[slot];
        while (node && (parent[node] !== above || key[node] !== wanted)) {
          slot = (slot + 1) & (slots - 1);
          node = table[slot];
        }
        if (!node) {
          node = table[slot] = size++;
          parent[node] = above;
          key[node] = wanted;
        }
        at[i] = node;
      }
      return at;
    });
    this.size = size;
    this.parent = parent.subarray(0, size);
    this.key = key.subarray(0, size);
    this.keyCount = keyCount;
  }

  // Children of every node, heaviest first, and for each node whether its key appears above it.
  order(weight) {
    const {size, parent, key} = this;
    const start = new Int32Array(size + 1);
    for (let i = 1; i < size; ++i) ++start[parent[i] + 1];
    for (let i = 0; i < size; ++i) start[i + 1] += start[i];
    const fill = start.slice(0, size);
    const child = new Int32Array(Math.max(0, size - 1));
    for (let i = 1; i < size; ++i) child[fill[parent[i]]++] = i;
    const heavier = (a, b) => weight[b] - weight[a] || a - b;
    for (let i = 0; i < size; ++i) {
      const from = start[i],
        to = start[i + 1];
      if (to - from > 24) {
        child.subarray(from, to).sort(heavier);
      } else {
        for (let j = from + 1; j < to; ++j) {
          const moving = child[j];
          let k = j;
          for (; k > from && heavier(child[k - 1], moving) > 0; --k) child[k] = child[k - 1];
          child[k] = moving;
        }
      }
    }
    this.start = start;
    this.child = child;

    const depth = new Int32Array(size);
    for (let i = 1; i < size; ++i) depth[i] = depth[parent[i]] + 1;
    this.depth = depth;
    const outermost = new Uint8Array(size);
    const open = new Int32Array(this.keyCount);
    const pending = [0];
    while (pending.length) {
      const node = pending.pop();
      if (node < 0) {
        --open[key[~node]];
        continue;
      }
      if (node > 0) {
        if (open[key[node]]++ === 0) outermost[node] = 1;
        pending.push(~node);
      }
      for (let j = start[node]; j < start[node + 1]; ++j) pending.push(child[j]);
    }
    this.outermost = outermost;
  }

  // The embedded nodes that were merged into this one, of tree 0.
  rawOf(node) {
    if (!this.rawStart) {
      const at = this.at[0];
      this.rawStart = new Int32Array(this.size + 1);
      for (let i = 0; i < at.length; ++i) ++this.rawStart[at[i] + 1];
      for (let i = 0; i < this.size; ++i) this.rawStart[i + 1] += this.rawStart[i];
      const fill = this.rawStart.slice(0, this.size);
      this.raw = new Int32Array(at.length);
      for (let i = 0; i < at.length; ++i) this.raw[fill[at[i]]++] = i;
    }
    return this.raw.subarray(this.rawStart[node], this.rawStart[node + 1]);
  }
}

// What each embedded node weighs in a choice of thread (-1: all) and buckets [from, to).
function weighRaw(tree, thread, from, to) {
  const samples = new Float64Array(tree.count);
  const time = new Float64Array(tree.count);
  const r = tree.records;
  let allSamples = 0;
  let allTime = 0;
  for (let i = 0; i < r.size; ++i) {
    if (thread >= 0 && r.thread[i] !== thread) continue;
    if (r.bucket[i] < from || r.bucket[i] >= to) continue;
    samples[r.node[i]] += r.samples[i];
    time[r.node[i]] += r.time[i];
    allSamples += r.samples[i];
    allTime += r.time[i];
  }
  return {samples, time, allSamples, allTime};
}

function addUp(parent, self) {
  const total = Float64Array.from(self);
  for (let i = total.length - 1; i > 0; --i) if (parent[i] >= 0) total[parent[i]] += total[i];
  return total;
}

function gather(at, raw, size) {
  const out = new Float64Array(size);
  for (let i = 0; i < at.length; ++i) out[at[i]] += raw[i];
  return out;
}

// Self and total of each merged node, in samples and in time.
class Selection {
  constructor(merged, which, raw) {
    this.raw = raw;
    this.allSamples = raw.allSamples;
    this.allTime = raw.allTime;
    this.selfSamples = gather(merged.at[which], raw.samples, merged.size);
    this.selfTime = gather(merged.at[which], raw.time, merged.size);
    this.totalSamples = addUp(merged.parent, this.selfSamples);
    this.totalTime = addUp(merged.parent, this.selfTime);
  }

  // The same per key: a function that calls itself counts once for each sample.
  keys(merged) {
    if (this.perKey) return this.perKey;
    const make = () => new Float64Array(merged.keyCount);
    const out = {selfSamples: make(), selfTime: make(), totalSamples: make(), totalTime: make()};
    for (let i = 1; i < merged.size; ++i) {
      const key = merged.key[i];
      out.selfSamples[key] += this.selfSamples[i];
      out.selfTime[key] += this.selfTime[i];
      if (merged.outermost[i]) {
        out.totalSamples[key] += this.totalSamples[i];
        out.totalTime[key] += this.totalTime[i];
      }
    }
    return (this.perKey = out);
  }
}

// What the graph draws is a Shape: numbered nodes with key, parent, total, self and children.

// Stacks read from their roots.
class DownShape {
  constructor(merged, total, self) {
    this.merged = merged;
    this.totals = total;
    this.selves = self;
    this.root = 0;
  }
  total(n) {
    return this.totals[n];
  }
  self(n) {
    return this.selves[n];
  }
  key(n) {
    return this.merged.key[n];
  }
  parent(n) {
    return this.merged.parent[n];
  }
  depth(n) {
    return this.merged.depth[n];
  }
  children(n) {
    return this.merged.child.subarray(this.merged.start[n], this.merged.start[n + 1]);
  }
  nodes(n) {
    return [n];
  }
  get size() {
    return this.merged.size;
  }
}

// Nodes that stand for several tree nodes at once, and come into being when they are looked at:
// stacks read from their leaves, or everything below (or above) one function. Written out, these
// trees can be hundreds of times the size of the profile.
class BundleShape {
  // start: [[nodes, weights]] of the root's children, or of the root itself when `whole`.
  constructor(merged, total, upward, nodes, weights, key) {
    this.merged = merged;
    this.totals = total;
    this.upward = upward;
    this.list = [];
    this.root = 0;
    let sum = 0;
    for (let i = 0; i < weights.length; ++i) sum += weights[i];
    this.list.push({key, parent: -1, depth: 0, total: sum, nodes, weights, kids: null});
  }
  get size() {
    return this.list.length;
  }
  total(n) {
    return this.list[n].total;
  }
  key(n) {
    return this.list[n].key;
  }
  parent(n) {
    return this.list[n].parent;
  }
  depth(n) {
    return this.list[n].depth;
  }
  nodes(n) {
    return this.list[n].nodes;
  }
  self(n) {
    let left = this.list[n].total;
    for (const kid of this.children(n)) left -= this.list[kid].total;
    return Math.max(0, left);
  }
  children(n) {
    const bundle = this.list[n];
    return bundle.kids || (bundle.kids = this.split(bundle, n));
  }
  split(bundle, n) {
    const {key, parent, start, child} = this.merged;
    const found = new Map();
    const put = (node, weight) => {
      let group = found.get(key[node]);
      if (!group)
        found.set(
          key[node],
          (group = {
            key: key[node],
            parent: n,
            depth: bundle.depth + 1,
            total: 0,
            nodes: [],
            weights: [],
            kids: null
          })
        );
      group.nodes.push(node);
      group.weights.push(weight);
      group.total += weight;
    };
    for (let i = 0; i < bundle.nodes.length; ++i) {
      const node = bundle.nodes[i];
      if (bundle.leaves) {
        put(node, bundle.weights[i]);
      } else if (this.upward) {
        if (parent[node] > 0) put(parent[node], bundle.weights[i]);
      } else {
        for (let j = start[node]; j < start[node + 1]; ++j) {
          const below = child[j];
          if (this.totals[below] > 0) put(below, this.totals[below]);
        }
      }
    }
    const groups = [...found.values()].sort((a, b) => b.total - a.total || a.key - b.key);
    return groups.map((group) => this.list.push(group) - 1);
  }

  // All stacks, read from the leaf.
  static inverted(merged, total, self) {
    const nodes = [];
    const weights = [];
    for (let i = 1; i < merged.size; ++i) {
      if (self[i] > 0) {
        nodes.push(i);
        weights.push(self[i]);
      }
    }
    const shape = new BundleShape(merged, total, true, nodes, weights, -1);
    shape.list[0].leaves = true;
    return shape;
  }

  // Above or below one key. Only its outermost appearance in a stack counts.
  static around(merged, total, key, upward) {
    const nodes = [];
    const weights = [];
    for (let i = 1; i < merged.size; ++i) {
      if (merged.key[i] === key && merged.outermost[i] && total[i] > 0) {
        nodes.push(i);
        weights.push(total[i]);
      }
    }
    return new BundleShape(merged, total, upward, nodes, weights, key);
  }
}
