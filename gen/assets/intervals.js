// The 95 % interval of a share of which `hits` of `samples` were seen (Wilson's, which stays within
// 0 and 1 and is right for small counts too).
function interval(hits, samples) {
  if (!(samples > 0)) return [0, 1];
  const z = 1.96;
  const p = hits / samples;
  const scale = 1 + (z * z) / samples;
  const centre = (p + (z * z) / (2 * samples)) / scale;
  const half = (z * Math.sqrt((p * (1 - p)) / samples + (z * z) / (4 * samples * samples))) / scale;
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
  return {
    difference,
    low: difference - 1.96 * error,
    high: difference + 1.96 * error,
    p: twoSided(z)
  };
}
// Probability of a normal deviate beyond +-z (Abramowitz and Stegun 7.1.26, error below 1.5e-7).
function twoSided(z) {
  const x = z / Math.SQRT2;
  const t = 1 / (1 + 0.3275911 * x);
  const poly =
    t *
    (0.254829592 + t * (-0.284496736 + t * (1.421413741 + t * (-1.453152027 + t * 1.061405429))));
  return poly * Math.exp(-x * x);
}
// Which of many changes are beyond noise when one in twenty of those named may be chance
// (Benjamini and Hochberg). Sets `sure` on each.
function judge(changes) {
  const sorted = [...changes].sort((a, b) => a.p - b.p);
  let last = -1;
  sorted.forEach((c, i) => {
    if (c.p <= (0.05 * (i + 1)) / sorted.length) last = i;
  });
  sorted.forEach((c, i) => {
    c.sure = i <= last;
  });
}
