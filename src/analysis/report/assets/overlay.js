"use strict";

// What the library has no series for: the stop prices of working orders, each over exactly the
// candles during which it worked, and a line from every entry to its exit at the real prices.
const createOverlay = () => {
  const trades = pairs();
  const shown = { stop: true, trigger: true, trades: true };
  let host = null;
  let colors = {};
  let selected = null;

  // First entry and last exit of each trade. One that is still open has no exit, and no line.
  function pairs() {
    const byTrade = new Map();
    for (const mark of data.marks) {
      const pair = byTrade.get(mark.trade) ?? { n: mark.trade, entry: null, exit: null };
      if (mark.exit) pair.exit = mark;
      else pair.entry ??= mark;
      byTrade.set(mark.trade, pair);
    }
    return [...byTrade.values()].filter((pair) => pair.entry && pair.exit);
  }

  // The visible candles and where they stand. Bars are equally wide, so two places give all.
  function geometry() {
    const scale = host.chart.timeScale();
    const range = scale.getVisibleLogicalRange();
    if (!range) return null;
    const first = Math.max(0, Math.floor(range.from));
    const last = Math.min(data.count - 1, Math.ceil(range.to));
    const origin = scale.logicalToCoordinate(0);
    const width = scale.logicalToCoordinate(1000) - origin;
    const step = width / 1000;
    return { first, last, step, x: (index) => origin + index * step };
  }

  function draw(target) {
    const place = geometry();
    if (!place) return;
    target.useMediaCoordinateSpace(({ context, mediaSize }) => {
      context.save();
      if (selected) drawBand(context, place, mediaSize.height);
      // From far away the triggers would only cover the candles they follow.
      if (shown.trigger && place.step > 1) drawSteps(context, place, data.trigger, colors.trigger, 1);
      if (shown.stop) drawSteps(context, place, data.stop, colors.stop, 1.5);
      if (shown.trades) drawTrades(context, place);
      context.restore();
    });
  }

  function drawBand(context, place, height) {
    const left = place.x(selected.from - 0.5);
    const width = Math.max(2, place.x(selected.to + 0.5) - left);
    context.fillStyle = colors.band;
    context.fillRect(left, 0, width, height);
  }

  function drawSteps(context, place, values, color, width) {
    if (!values) return;
    context.beginPath();
    let open = false;
    for (let index = place.first; index <= place.last; index += 1) {
      const y = values[index] === null ? null : host.series.priceToCoordinate(values[index]);
      if (y === null) {
        open = false;
        continue;
      }
      const left = place.x(index - 0.5);
      if (open) context.lineTo(left, y);
      else context.moveTo(left, y);
      context.lineTo(left + place.step, y);
      open = true;
    }
    context.strokeStyle = color;
    context.lineWidth = width;
    context.lineJoin = "round";
    context.stroke();
  }

  function drawTrades(context, place) {
    const dotted = place.step > 2;
    for (const { entry, exit } of trades) {
      if (exit.index < place.first || entry.index > place.last) continue;
      const [x1, x2] = [place.x(entry.index), place.x(exit.index)];
      const y1 = host.series.priceToCoordinate(entry.price);
      const y2 = host.series.priceToCoordinate(exit.price);
      if (y1 === null || y2 === null) continue;
      context.beginPath();
      context.moveTo(x1, y1);
      context.lineTo(x2, y2);
      context.strokeStyle = exit.net < 0 ? colors.down : colors.up;
      context.lineWidth = dotted ? 1.5 : 2;
      context.setLineDash(dotted ? [3, 3] : []);
      context.stroke();
      if (place.step > 4) {
        dot(context, x1, y1, colors.entry);
        dot(context, x2, y2, exit.net < 0 ? colors.down : colors.up);
      }
    }
    context.setLineDash([]);
  }

  function dot(context, x, y, color) {
    context.beginPath();
    context.arc(x, y, 3, 0, 2 * Math.PI);
    context.fillStyle = color;
    context.fill();
    context.strokeStyle = colors.surface;
    context.setLineDash([]);
    context.lineWidth = 1;
    context.stroke();
  }

  // Working orders outside the candles' range must still be seen.
  function autoscaleInfo(from, to) {
    const columns = [shown.stop && data.stop, shown.trigger && data.trigger].filter(Boolean);
    let [minValue, maxValue] = [Infinity, -Infinity];
    for (const values of columns) {
      const last = Math.min(data.count - 1, Math.ceil(to));
      for (let index = Math.max(0, Math.floor(from)); index <= last; index += 1) {
        if (values[index] === null) continue;
        minValue = Math.min(minValue, values[index]);
        maxValue = Math.max(maxValue, values[index]);
      }
    }
    return minValue <= maxValue ? { priceRange: { minValue, maxValue } } : null;
  }

  const view = { zOrder: () => "normal", renderer: () => ({ draw }) };
  const views = [view];
  return {
    attached: (param) => { host = param; },
    paneViews: () => views,
    autoscaleInfo,
    show(name, on) {
      shown[name] = on;
      host.requestUpdate();
    },
    select(trade) {
      selected = trade;
      host.requestUpdate();
    },
    paint() {
      colors = {
        band: theme.color("--band"),
        down: theme.color("--down"),
        entry: theme.color("--accent"),
        stop: theme.color("--stop"),
        surface: theme.color("--surface"),
        trigger: theme.color("--trigger"),
        up: theme.color("--up"),
      };
      host?.requestUpdate();
    },
  };
};
