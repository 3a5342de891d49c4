// Numbers and names as people read them.

const thin = '\u2009';

function count(n) {
  return String(Math.round(n)).replace(/\B(?=(\d{3})+$)/g, ',');
}
function percent(part, whole, digits = 1) {
  return whole > 0 ? ((100 * part) / whole).toFixed(digits) + thin + '%' : '\u2013';
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

// A name from the profiled program as one line of harmless text: control characters and characters
// that reorder what follows are made visible, halves of surrogate pairs are spelled out.
const unseen = /[\u0000-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/g;
const halves = /\p{Surrogate}/gu;
function clean(text, most = 400) {
  let out = text.length > most ? text.slice(0, most) + '\u2026' : text;
  out = out.replace(unseen, (c) => {
    const code = c.charCodeAt(0);
    return code < 32
      ? String.fromCharCode(0x2400 + code)
      : '\\u' + code.toString(16).padStart(4, '0');
  });
  return out.replace(halves, (c) => '\\u' + c.charCodeAt(0).toString(16));
}
function shortPath(path) {
  const parts = path.split('/');
  return path.length > 50 && parts.length > 2 ? '\u2026/' + parts.slice(-2).join('/') : path;
}

function on(target, event, act) {
  target.addEventListener(event, act);
}

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

// Small things that the reader chose, kept from one page to the next.
function remember(what, value) {
  try {
    localStorage.setItem('tachyon-' + what, value);
  } catch {
    /* a page that may not store works all the same */
  }
}
function remembered(what) {
  try {
    return localStorage.getItem('tachyon-' + what);
  } catch {
    return null;
  }
}
const byId = (id) => document.getElementById(id);
