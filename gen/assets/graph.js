// The picture: one canvas the size of the window onto it, rows laid out as far as they are looked at.
//
// Every frame wider than `narrowest` pixels is drawn. What is narrower is not dropped: the children of a
// frame that are too narrow to see are drawn together as one hatched block which tells how many they
// are and what they weigh.

const rowHeight = 20;
const narrowest = 0.7;

class Graph {
  // owner: {label(key), note(key), colour(shape, node), matched(shape, node) -> bool or null,
  //         hover(graph, hit, event), pick(graph, hit), describe(graph, node)}
  constructor(holder, owner, flipped) {
    this.owner = owner;
    this.flipped = flipped;
    this.holder = holder;
    this.canvas = el('canvas', {tabindex: '0', role: 'application'});
    this.tall = el('div', {}, this.canvas);
    holder.append(this.tall);
    this.ink = this.canvas.getContext('2d');
    this.widths = new Map();
    this.cursor = -1;
    this.over = null;
    on(holder, 'scroll', () => this.draw());
    on(this.canvas, 'pointermove', (event) => this.point(event));
    on(this.canvas, 'pointerleave', () => this.leave());
    on(this.canvas, 'click', (event) => this.click(event));
    on(this.canvas, 'keydown', (event) => this.keyed(event));
    new ResizeObserver(() => this.resize()).observe(holder);
  }

  // What to draw; `show` draws it.
  take(shape, zoom = shape.root) {
    if (this.shape !== shape) this.cursor = -1;
    this.shape = shape;
    this.zoom = zoom;
  }
  show() {
    const {shape, zoom} = this;
    const moved = this.laid !== shape || this.laidZoom !== zoom;
    this.laid = shape;
    this.laidZoom = zoom;
    if (moved || this.outer !== this.holder.clientWidth) this.lay();
    if (moved && this.flipped) this.holder.scrollTop = this.holder.scrollHeight;
    this.draw();
  }

  resize() {
    const {clientWidth: width, clientHeight: height} = this.holder;
    if (!this.shape || !width || (width === this.outer && height === this.tallFor)) return;
    this.lay();
    this.draw();
  }

  // Rows of blocks: {x, w, node} with node >= 0 a frame, node < 0 the block of what is too narrow in
  // frame ~node. Rows above the zoomed frame are its callers, at full width.
  lay() {
    const style = getComputedStyle(this.holder);
    this.outer = this.holder.clientWidth;
    this.width = Math.max(
      1,
      this.outer - parseFloat(style.paddingLeft) - parseFloat(style.paddingRight)
    );
    const path = [];
    for (let n = this.zoom; n >= 0; n = this.shape.parent(n)) path.unshift(n);
    this.rows = path.map((n) => [{x: 0, w: this.width, node: n}]);
    this.zoomRow = path.length - 1;
    this.unit = this.shape.total(this.zoom) > 0 ? this.width / this.shape.total(this.zoom) : 0;
    this.ended = this.unit === 0;
    this.grow();
  }

  visibleRows() {
    return Math.ceil((this.holder.scrollTop + this.holder.clientHeight) / rowHeight) + 2;
  }

  // Lays out rows until the window is filled, and more as long as it takes no time (`all`: some time).
  grow(all = false) {
    const least = Math.max(this.visibleRows(), this.flipped ? 400 : 0) + 40;
    const until = performance.now() + (all ? 2000 : 8);
    while (!this.ended && (this.rows.length < least || performance.now() < until)) {
      const row = [];
      for (const block of this.rows[this.rows.length - 1]) {
        if (block.node < 0) continue;
        let x = block.x;
        let narrow = 0;
        let narrowCount = 0;
        for (const child of this.shape.children(block.node)) {
          const total = this.shape.total(child);
          if (!(total > 0)) continue;
          const w = total * this.unit;
          if (w >= narrowest) {
            row.push({x, w, node: child});
            x += w;
          } else {
            narrow += total;
            ++narrowCount;
          }
        }
        if (narrowCount && narrow * this.unit > 0.05) {
          row.push({
            x,
            w: Math.max(1, narrow * this.unit),
            node: ~block.node,
            total: narrow,
            count: narrowCount
          });
        }
      }
      if (row.length) this.rows.push(row);
      else this.ended = true;
    }
    const height = (this.rows.length + (this.ended ? 0 : 20)) * rowHeight + 8;
    this.tall.style.height = Math.max(height, this.flipped ? this.holder.clientHeight : 0) + 'px';
    this.height = height;
  }

  // Distance of a row's top from the top of everything.
  top(row) {
    if (!this.flipped) return row * rowHeight;
    return (
      Math.max(this.rows.length * rowHeight, this.holder.clientHeight - 8) - (row + 1) * rowHeight
    );
  }

  draw() {
    if (!this.shape) return;
    if (!this.ended && this.rows.length < this.visibleRows()) this.grow();
    const scale = window.devicePixelRatio || 1;
    this.tallFor = this.holder.clientHeight;
    const height = Math.max(
      1,
      Math.min(this.tallFor, this.flipped ? Infinity : Math.max(this.height, rowHeight))
    );
    const {canvas, ink} = this;
    if (
      canvas.width !== Math.round(this.width * scale) ||
      canvas.height !== Math.round(height * scale)
    ) {
      canvas.width = Math.round(this.width * scale);
      canvas.height = Math.round(height * scale);
      canvas.style.width = this.width + 'px';
      canvas.style.height = height + 'px';
    }
    ink.setTransform(scale, 0, 0, scale, 0, 0);
    ink.clearRect(0, 0, this.width, height);
    ink.font = '12px ' + theme.sans;
    ink.textBaseline = 'middle';
    const scroll = this.holder.scrollTop;
    this.drawn = 0;
    for (let r = 0; r < this.rows.length; ++r) {
      const y = this.top(r) - scroll;
      if (y > height || y < -rowHeight) continue;
      for (const block of this.rows[r]) this.block(ink, block, y, r < this.zoomRow);
    }
    this.marks(ink, scroll);
  }

  block(ink, block, y, above) {
    const {x, w, node} = block;
    const h = rowHeight - 1;
    ++this.drawn;
    if (node < 0) {
      ink.globalAlpha = 1;
      ink.fillStyle = theme.rest(ink);
      ink.fillRect(x, y, w, h);
      return;
    }
    const matched = this.owner.matched(this.shape, node);
    const colour =
      node === this.shape.root && this.shape.key(node) < 0
        ? theme.root
        : this.owner.colour(this.shape, node);
    ink.globalAlpha = above ? 0.55 : matched === false ? 0.35 : 1;
    ink.fillStyle = matched ? theme.match.fill : colour.fill;
    ink.fillRect(x, y, Math.max(w - (w > 3 ? 1 : 0), 0.4), h);
    if (w > 24) {
      ink.globalAlpha = above ? 0.85 : matched === false ? 0.6 : 1;
      ink.fillStyle = matched ? theme.match.ink : colour.ink;
      this.words(ink, node, x + 5, y + h / 2 + 0.5, w - 10);
    }
    ink.globalAlpha = 1;
  }

  words(ink, node, x, y, room) {
    const key = this.shape.key(node);
    const label = this.owner.label(key);
    const shown = this.fit(ink, label, room);
    if (!shown) return;
    ink.fillText('\u2068' + shown + '\u2069', x, y);
    if (shown !== label) return;
    const used = this.measure(ink, label) + 10;
    const note = room - used > 50 ? this.fit(ink, this.owner.note(key), room - used) : '';
    if (!note) return;
    ink.globalAlpha *= 0.72;
    ink.fillText('\u2068' + note + '\u2069', x + used, y);
  }

  measure(ink, text) {
    let width = this.widths.get(text);
    if (width === undefined) {
      if (this.widths.size > 20000) this.widths.clear();
      this.widths.set(text, (width = ink.measureText(text).width));
    }
    return width;
  }

  fit(ink, text, room) {
    if (text.length < 400 && this.measure(ink, text) <= room) return text;
    let low = 0;
    let high = Math.min(text.length, Math.ceil(room / 2.5));
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (ink.measureText(text.slice(0, middle) + '\u2026').width <= room) low = middle;
      else high = middle - 1;
    }
    return low > 1 ? text.slice(0, low) + '\u2026' : '';
  }

  marks(ink, scroll) {
    const outline = (hit, colour, thickness) => {
      if (!hit) return;
      ink.strokeStyle = colour;
      ink.lineWidth = thickness;
      ink.strokeRect(
        hit.x + 0.5,
        this.top(hit.row) - scroll + 0.5,
        Math.max(hit.w - 2, 1),
        rowHeight - 2
      );
    };
    outline(this.over, theme.ink, 1);
    if (this.cursor >= 0) outline(this.find(this.cursor), theme.accent, 2);
  }

  // Where a node is, if it is laid out.
  find(node) {
    const row = this.rowOf(node);
    const block = this.rows[row] && this.rows[row].find((b) => b.node === node);
    return block ? {...block, row} : null;
  }
  rowOf(node) {
    return this.shape.depth(node);
  }

  at(clientX, clientY) {
    if (!this.shape) return null;
    const box = this.canvas.getBoundingClientRect();
    const x = clientX - box.left;
    const y = clientY - box.top + this.holder.scrollTop;
    const row = this.flipped
      ? Math.floor((this.top(0) + rowHeight - y) / rowHeight)
      : Math.floor(y / rowHeight);
    const blocks = this.rows[row];
    if (!blocks) return null;
    let low = 0;
    let high = blocks.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (blocks[middle].x <= x) low = middle;
      else high = middle - 1;
    }
    const block = blocks[low];
    return x >= block.x && x <= block.x + Math.max(block.w, 1) ? {...block, row} : null;
  }

  point(event) {
    const hit = this.at(event.clientX, event.clientY);
    const same = hit && this.over && hit.node === this.over.node;
    this.over = hit;
    this.canvas.style.cursor = hit ? 'pointer' : 'default';
    if (!same) this.draw();
    this.owner.hover(this, hit, event);
  }
  leave() {
    this.over = null;
    this.draw();
    this.owner.hover(this, null, null);
  }
  click(event) {
    const hit = this.at(event.clientX, event.clientY);
    if (!hit) return;
    this.cursor = hit.node < 0 ? ~hit.node : hit.node;
    this.owner.pick(this, this.cursor, hit);
  }

  // Arrow keys walk the frames: down to the heaviest callee, up to the caller, sideways in a row.
  keyed(event) {
    const {shape} = this;
    if (!shape) return;
    const from = this.cursor >= 0 ? this.cursor : this.zoom;
    const down = this.flipped ? 'ArrowUp' : 'ArrowDown';
    const up = this.flipped ? 'ArrowDown' : 'ArrowUp';
    let to = -1;
    if (event.key === down) {
      to =
        this.cursor < 0
          ? this.zoom
          : ([...shape.children(from)].find((n) => shape.total(n) > 0) ?? -1);
    } else if (event.key === up) {
      to = shape.parent(from);
    } else if (event.key === 'ArrowLeft' || event.key === 'ArrowRight') {
      const row = (this.rows[this.rowOf(from)] || []).filter((b) => b.node >= 0);
      const next = row.findIndex((b) => b.node === from) + (event.key === 'ArrowLeft' ? -1 : 1);
      if (row[next]) to = row[next].node;
    } else if (event.key === 'Enter' || event.key === ' ') {
      event.preventDefault();
      if (this.cursor >= 0) this.owner.pick(this, this.cursor, this.find(this.cursor));
      return;
    } else {
      return;
    }
    event.preventDefault();
    if (to < 0) return;
    this.cursor = to;
    this.reveal(to);
    this.draw();
    this.owner.describe(this, to);
  }

  reveal(node) {
    const row = this.rowOf(node);
    while (!this.ended && this.rows.length <= row) this.grow(true);
    const top = this.top(row);
    if (top < this.holder.scrollTop) this.holder.scrollTop = top;
    const bottom = top + rowHeight - this.holder.clientHeight;
    if (bottom > this.holder.scrollTop) this.holder.scrollTop = bottom;
  }

  // The whole picture from the zoomed frame on, as SVG text.
  svg(title) {
    this.grow(true);
    const escaped = (text) => text.replace(/[&<>"']/g, (c) => '&#' + c.charCodeAt(0) + ';');
    const height = this.rows.length * rowHeight + 34;
    const out = [
      `<svg xmlns="http://www.w3.org/2000/svg" width="${Math.ceil(this.width)}" height="${height}" ` +
        `font-family="sans-serif" font-size="12">`,
      `<rect width="100%" height="100%" fill="${theme.ground}"/>`,
      `<text x="4" y="18" fill="${theme.ink}">${escaped(title)}</text>`
    ];
    this.rows.forEach((row, r) => {
      const y = 28 + (this.flipped ? this.rows.length - 1 - r : r) * rowHeight;
      for (const {x, w, node, count: hidden} of row) {
        const colour =
          node < 0
            ? {fill: theme.restPlain, ink: theme.ink}
            : this.shape.key(node) < 0
              ? theme.root
              : this.owner.colour(this.shape, node);
        const label = node < 0 ? `${hidden} more` : this.owner.label(this.shape.key(node));
        const shown = w > 24 ? this.fit(this.ink, label, w - 10) : '';
        out.push(
          `<g><title>${escaped(label)}</title><rect x="${x.toFixed(2)}" y="${y}" ` +
            `width="${Math.max(w - 1, 0.4).toFixed(2)}" height="${rowHeight - 1}" fill="${colour.fill}"/>` +
            (shown
              ? `<text x="${(x + 5).toFixed(2)}" y="${y + 14}" fill="${colour.ink}">${escaped(shown)}</text>`
              : '') +
            '</g>'
        );
      }
    });
    out.push('</svg>');
    this.lay();
    this.draw();
    return out.join('\n');
  }
}

// Colours as the style sheet has them, read again when the theme changes. Its text is read, and not
// what the browser makes of it: that would lay out the page once before there is anything on it.
const theme = {
  read() {
    const sheet = document.querySelector('style').textContent;
    const all = [...sheet.matchAll(/--([\w-]+):([^;}]+)/g)].map((found) => found.slice(1));
    // Each stands there for light and then, if it differs, for dark.
    const values = new Map(
      document.documentElement.dataset.theme === 'dark' ? all : all.reverse()
    );
    const value = (name) => values.get(name.slice(2));
    const light = (colour) => {
      const [r, g, b] = [1, 3, 5]
        .map((i) => parseInt(colour.slice(i, i + 2), 16) / 255)
        .map((c) => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4));
      return 0.2126 * r + 0.7152 * g + 0.0722 * b + 0.05;
    };
    const [dark, bright] = [value('--frame-ink'), value('--frame-ink-inverse')];
    const edge = Math.sqrt(light(dark) * light(bright));
    const onto = (fill) => ({fill, ink: light(fill) > edge ? dark : bright});
    const many = (prefix, names) => names.map((n) => onto(value(prefix + n)));
    this.sans = value('--sans');
    this.ground = value('--ground');
    this.ink = value('--ink');
    this.quiet = value('--quiet');
    this.line = value('--line');
    this.accent = value('--accent');
    this.accentSoft = value('--accent-soft');
    this.match = onto(value('--match'));
    this.root = {fill: value('--sunken'), ink: value('--quiet')};
    this.heat = many('--heat-', [1, 2, 3, 4, 5, 6, 7, 8]);
    this.up = many('--diff-up-', [1, 2, 3, 4]);
    this.down = many('--diff-down-', [1, 2, 3, 4]);
    [this.fresh, this.same] = many('--diff-', ['new', 'same']);
    this.origin = many('--origin-', ['project', 'stdlib', 'site', 'other']);
    this.restPlain = value('--rest');
    this.restInk = null;
  },
  // The hatching of what is too narrow to draw.
  rest(ink) {
    if (!this.restInk) {
      const tile = el('canvas', {width: 6, height: 6});
      const pen = tile.getContext('2d');
      pen.fillStyle = this.root.fill;
      pen.fillRect(0, 0, 6, 6);
      pen.strokeStyle = this.restPlain;
      pen.lineWidth = 1.6;
      for (const shift of [-6, 0, 6]) {
        pen.moveTo(shift, 6);
        pen.lineTo(shift + 6, 0);
      }
      pen.stroke();
      this.restInk = ink.createPattern(tile, 'repeat');
    }
    return this.restInk;
  }
};

// The eight steps of the heat legend, as shares of the whole.
const heatSteps = [0, 0.01, 0.03, 0.06, 0.12, 0.18, 0.35, 0.6];
function heatOf(share) {
  let step = 0;
  while (step < 7 && share >= heatSteps[step + 1]) ++step;
  return theme.heat[step];
}
