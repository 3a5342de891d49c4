// The strip that shows the recording from start to end; dragging on it selects a span.

class Timeline {
  // levels: what is in each bucket; changed(from, to) is told the buckets selected, [0, count) = all.
  constructor(canvas, buckets, changed) {
    this.canvas = canvas;
    this.buckets = buckets;
    this.changed = changed;
    this.levels = new Float64Array(buckets.count);
    this.from = 0;
    this.to = buckets.count;
    on(canvas, 'pointerdown', (event) => this.grab(event));
    on(canvas, 'pointermove', (event) => this.drag(event));
    on(canvas, 'pointerup', () => this.drop());
    on(canvas, 'pointercancel', () => this.drop());
    on(canvas, 'keydown', (event) => this.keyed(event));
    new ResizeObserver(() => canvas.clientWidth !== this.drawnFor && this.draw()).observe(canvas);
  }
  get whole() {
    return this.from === 0 && this.to === this.buckets.count;
  }

  select(from, to) {
    this.from = Math.max(0, Math.min(from, this.buckets.count - 1));
    this.to = Math.max(this.from + 1, Math.min(to, this.buckets.count));
  }

  place(event) {
    const box = this.canvas.getBoundingClientRect();
    const x = Math.max(0, Math.min(1, (event.clientX - box.left) / Math.max(1, box.width)));
    return Math.min(this.buckets.count - 1, Math.floor(x * this.buckets.count));
  }
  grab(event) {
    this.canvas.setPointerCapture(event.pointerId);
    this.anchor = this.place(event);
    this.moved = false;
  }
  drag(event) {
    if (this.anchor === undefined) return;
    const here = this.place(event);
    if (here === this.anchor && !this.moved) return;
    this.moved = true;
    this.select(Math.min(here, this.anchor), Math.max(here, this.anchor) + 1);
    if (!this.waiting) {
      this.waiting = true;
      requestAnimationFrame(() => {
        this.waiting = false;
        this.changed(this.from, this.to);
      });
    }
  }
  drop() {
    if (this.anchor === undefined) return;
    this.anchor = undefined;
    if (!this.moved) this.select(0, this.buckets.count);
    this.changed(this.from, this.to);
  }

  // Left and right move the span, with Shift its end; Escape selects everything.
  keyed(event) {
    const step = Math.max(1, Math.round(this.buckets.count / 50));
    const by = event.key === 'ArrowLeft' ? -step : event.key === 'ArrowRight' ? step : 0;
    if (by) {
      if (this.whole && !event.shiftKey) this.select(0, Math.ceil(this.buckets.count / 5));
      else if (event.shiftKey) this.select(this.from, this.to + by);
      else if (this.from + by >= 0 && this.to + by <= this.buckets.count)
        this.select(this.from + by, this.to + by);
    } else if (event.key === 'Escape') {
      this.select(0, this.buckets.count);
      event.stopPropagation();
    } else {
      return;
    }
    event.preventDefault();
    this.changed(this.from, this.to);
  }

  draw() {
    const width = this.canvas.clientWidth;
    const height = this.canvas.clientHeight;
    this.drawnFor = width;
    if (!width || !height) return;
    const scale = window.devicePixelRatio || 1;
    this.canvas.width = width * scale;
    this.canvas.height = height * scale;
    const ink = this.canvas.getContext('2d');
    ink.scale(scale, scale);
    ink.fillStyle = theme.root.fill;
    ink.fillRect(0, 0, width, height);
    const count = this.buckets.count;
    const columns = Math.min(count, Math.floor(width));
    let top = 0;
    const columnLevels = [];
    for (let c = 0; c < columns; ++c) {
      const from = Math.floor((c * count) / columns);
      const to = Math.max(from + 1, Math.floor(((c + 1) * count) / columns));
      let sum = 0;
      for (let b = from; b < to; ++b) sum += this.levels[b];
      columnLevels.push([from, sum / (to - from)]);
      top = Math.max(top, sum / (to - from));
    }
    columnLevels.forEach(([from, level], c) => {
      const h = top > 0 ? (level / top) * (height - 4) : 0;
      const inside = from >= this.from && from < this.to;
      ink.fillStyle = inside ? theme.accent : theme.line;
      ink.globalAlpha = inside ? 0.5 : 1;
      const x = Math.round((c * width) / columns);
      ink.fillRect(x, height - h, Math.round(((c + 1) * width) / columns) - x, h);
    });
    ink.globalAlpha = 1;
    if (!this.whole) {
      ink.strokeStyle = theme.accent;
      ink.lineWidth = 2;
      const x = (this.from / count) * width;
      ink.strokeRect(
        x + 1,
        1,
        Math.max(2, ((this.to - this.from) / count) * width - 2),
        height - 2
      );
    }
  }
}
