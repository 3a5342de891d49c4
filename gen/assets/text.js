// Numbers and names as people read them.

const thin = '\u2009';

function count(n) {
  return Math.round(n).toLocaleString('en-US');
}
function percent(part, whole, digits = 1) {
  return whole > 0 ? (100 * part / whole).toFixed(digits) + thin + '%' : '\u2013';
}
function seconds(ns) {
  const size = Math.abs(ns);
  if (size >= 1e9) return (ns / 1e9).toFixed(size >= 1e11 ? 1 : 2) + thin + 's';
  if (size >= 1e6) return (ns / 1e6).toFixed(size >= 1e8 ? 0 : 1) + thin + 'ms';
  if (size >= 1e3) return (ns / 1e3).toFixed(0) + thin + '\u00b5s';
  return ns === 0 ? '0' + thin + 's' : Math.round(ns) + thin + 'ns';
}
function signed(text, value) {
  return value > 0 ? '+' + text : text.replace('-', '\u2212');
}

// The 95 % interval of a share of which `hits` of `samples` were seen (Wilson's, which stays within
// 0 and 1 and is right for small counts too).
function interval(hits, samples) {
  if (!(samples > 0)) return [0, 1];
  const z = 1.96;
  const p = hits / samples;
  const scale = 1 + z * z / samples;
  const centre = (p + z * z / (2 * samples)) / scale;
  const half = z * Math.sqrt(p * (1 - p) / samples + z * z / (4 * samples * samples)) / scale;
  return [Math.max(0, centre - half), Math.min(1, centre + half)];
}
function intervalText(hits, samples) {
  const [low, high] = interval(hits, samples);
  const digits = high - low < 0.002 ? 2 : 1;
  return (100 * low).toFixed(digits) + '\u2013' + (100 * high).toFixed(digits) + thin + '%';
}

// Two runs: how much a function's value changed, and how sure that is. `now` and `then` are
// {hits, samples, value}; the value of one hit differs between runs, its spread follows from the hits.
function change(now, then) {
  const spread = (side) => {
    if (!(side.samples > 0)) return 0;
    // A count of 0 or all still has a spread.
    const p = (side.hits + 1) / (side.samples + 2);
    const each = side.hits > 0 ? side.value / side.hits : side.unit;
    return each * Math.sqrt(side.samples * p * (1 - p));
  };
  const difference = now.value - then.value;
  const error = Math.hypot(spread(now), spread(then));
  const z = error > 0 ? Math.abs(difference) / error : 0;
  return {difference, low: difference - 1.96 * error, high: difference + 1.96 * error, p: twoSided(z)};
}
// Probability of a normal deviate beyond +-z (Abramowitz and Stegun 7.1.26, error below 1.5e-7).
function twoSided(z) {
  const x = z / Math.SQRT2;
  const t = 1 / (1 + 0.3275911 * x);
  const poly = t * (0.254829592 + t * (-0.284496736 + t * (1.421413741 +
      t * (-1.453152027 + t * 1.061405429))));
  return poly * Math.exp(-x * x);
}
// Which of many changes are beyond noise when one in twenty of those named may be chance
// (Benjamini and Hochberg). Sets `sure` on each.
function judge(changes) {
  const sorted = [...changes].sort((a, b) => a.p - b.p);
  let last = -1;
  sorted.forEach((c, i) => {
    if (c.p <= 0.05 * (i + 1) / sorted.length) last = i;
  });
  sorted.forEach((c, i) => { c.sure = i <= last; });
}

// A name from the profiled program as one line of harmless text: control characters and characters
// that reorder what follows are made visible, halves of surrogate pairs are spelled out.
const unseen = /[\u0000-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/g;
const halves = /\p{Surrogate}/gu;
function clean(text, most = 400) {
  let out = text.length > most ? text.slice(0, most) + '\u2026' : text;
  out = out.replace(unseen, (c) => {
    const code = c.charCodeAt(0);
    return code < 32 ? String.fromCharCode(0x2400 + code) : '\\u' + code.toString(16).padStart(4, '0');
  });
  return out.replace(halves, (c) => '\\u' + c.charCodeAt(0).toString(16));
}
function shortPath(path) {
  const parts = path.split('/');
  return path.length > 50 && parts.length > 2 ? '\u2026/' + parts.slice(-2).join('/') : path;
}

function on(target, event, act) { target.addEventListener(event, act); }

// An element. Text goes in as text, never as markup.
function el(tag, attributes = {}, ...content) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name === 'on') {
      for (const [event, act] of Object.entries(value)) on(made, event, act);
    } else if (value !== null && value !== undefined && value !== false) {
      made.setAttribute(name, value === true ? '' : value);
    }
  }
  made.append(...content.filter((c) => c !== null && c !== undefined && c !== ''));
  return made;
}
// Text of the program, kept from changing the direction of what stands around it.
function name(text, most) {
  return el('bdi', {}, clean(text, most));
}
