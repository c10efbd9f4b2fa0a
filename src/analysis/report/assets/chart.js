"use strict";

// One chart with up to three panes on one time scale: price, equity beside holding, drawdown.
const createChartView = () => {
  const lib = LightweightCharts;
  const canvas = document.getElementById("canvas");
  const hasPrices = Array.isArray(data.close);
  const hasAccount = Array.isArray(data.equity);
  const intraday = data.count > 1 && (data.time.at(-1) - data.time[0]) / (data.count - 1) < 86_400;
  const timeText = (seconds) => (intraday ? format.time(seconds) : format.date(seconds));

  const chart = lib.createChart(canvas, {
    autoSize: true,
    hoveredSeriesOnTop: false,
    crosshair: { mode: lib.CrosshairMode.Normal },
    handleScroll: { vertTouchDrag: false },
    localization: { locale: "en-US", timeFormatter: (time) => `${timeText(time)} UTC` },
    timeScale: {
      enableConflation: true, minBarSpacing: 0.005, rightOffset: 0, secondsVisible: false,
      timeVisible: intraday,
    },
  });

  const quiet = { lastValueVisible: false, priceLineVisible: false };
  const custom = (formatter) => ({ type: "custom", formatter, minMove: 10 ** -data.priceDecimals });
  const points = (values) =>
    values.map((value, index) => (value === null
      ? { time: data.time[index] }
      : { time: data.time[index], value }));

  let panes = 0;
  let candles = null;
  let markers = null;
  let overlay = null;
  let account = null;
  const titles = [];
  let heikinAshi = false;
  let density = null;
  let far = null;

  function addPrices() {
    candles = chart.addSeries(lib.CandlestickSeries, {
      ...quiet, borderVisible: false, priceFormat: custom(format.price),
    }, panes);
    setCandles();
    overlay = createOverlay();
    candles.attachPrimitive(overlay);
    markers = lib.createSeriesMarkers(candles, [], { zOrder: "top" });
    addTitle([["--muted", `Price, ${data.quote}`]]);
    panes += 1;
  }

  function addAccount() {
    const money = custom(format.money);
    const hold = chart.addSeries(lib.LineSeries, {
      ...quiet, crosshairMarkerRadius: 3, lineWidth: 1, priceFormat: money,
    }, panes);
    const equity = chart.addSeries(lib.LineSeries, {
      ...quiet, crosshairMarkerRadius: 3, lineWidth: 2, priceFormat: money,
    }, panes);
    hold.setData(points(data.hold));
    equity.setData(points(data.equity));
    addTitle([["--accent", `Equity, ${data.quote}`], ["--hold", "Buy and hold"]]);
    panes += 1;

    const drawdown = chart.addSeries(lib.BaselineSeries, {
      ...quiet, autoscaleInfoProvider: belowZero, baseValue: { type: "price", price: 0 }, lineWidth: 1,
      priceFormat: { type: "custom", formatter: format.percent, minMove: 0.01 },
      topFillColor1: "transparent", topFillColor2: "transparent", topLineColor: "transparent",
    }, panes);
    drawdown.setData(points(data.drawdown));
    drawdown.priceScale().applyOptions({ scaleMargins: { top: 0.2, bottom: 0.08 } });
    addTitle([["--down", "Drawdown"]]);
    panes += 1;
    account = { drawdown, equity, hold };
  }

  // The highest equity is always in the picture, or a lasting drawdown would look like none.
  function belowZero(original) {
    const info = original();
    if (info?.priceRange) info.priceRange.maxValue = Math.max(0, info.priceRange.maxValue);
    return info;
  }

  function addTitle(lines) {
    const watermark = lib.createTextWatermark(chart.panes()[panes], {
      horzAlign: "left", vertAlign: "top", lines: [],
    });
    titles.push({ lines, watermark });
  }

  function setCandles() {
    const [open, high, low, close] = heikinAshi
      ? [data.haOpen, data.haHigh, data.haLow, data.haClose]
      : [data.open, data.high, data.low, data.close];
    candles.setData(data.time.map((time, i) => (close[i] === null
      ? { time }
      : { time, open: open[i], high: high[i], low: low[i], close: close[i] })));
  }

  function paint() {
    const c = theme.color;
    const { fontFamily } = getComputedStyle(document.body);
    chart.applyOptions({
      layout: {
        attributionLogo: true,
        background: { type: lib.ColorType.Solid, color: c("--surface") },
        fontFamily, fontSize: 11,
        panes: { separatorColor: c("--line"), separatorHoverColor: c("--band") },
        textColor: c("--muted"),
      },
      crosshair: {
        horzLine: { color: c("--faint"), labelBackgroundColor: c("--label") },
        vertLine: { color: c("--faint"), labelBackgroundColor: c("--label") },
      },
      grid: { horzLines: { color: c("--grid") }, vertLines: { color: c("--grid") } },
      rightPriceScale: { borderColor: c("--line") },
      timeScale: { borderColor: c("--line") },
    });
    account?.hold.applyOptions({ color: c("--hold") });
    account?.equity.applyOptions({ color: c("--accent") });
    account?.drawdown.applyOptions({
      bottomFillColor1: c("--down-soft"), bottomFillColor2: c("--down-soft"),
      bottomLineColor: c("--down"),
    });
    for (const { lines, watermark } of titles) {
      watermark.applyOptions({
        // The library draws from the very edge; an empty line keeps the words off it.
        lines: [{ text: "", fontSize: 1, lineHeight: 5 }].concat(lines.map(([token, text]) => ({ color: c(token), fontFamily, fontSize: 11, lineHeight: 15, text }))),
      });
    }
    overlay?.paint();
    far = density = null;
    adapt();
  }

  // What is drawn depends on how near one looks.
  function adapt() {
    const range = chart.timeScale().getVisibleLogicalRange();
    if (!candles || !range) return;
    adaptCandles(canvas.clientWidth / (range.to - range.from) < 1);
    adaptMarkers(range);
  }

  // From far away a candle is less than a pixel: grey, so that the colours are the trades' alone.
  function adaptCandles(next) {
    if (next === far) return;
    far = next;
    const up = theme.color(far ? "--hold" : "--up");
    const down = theme.color(far ? "--hold" : "--down");
    candles.applyOptions({
      downColor: down, upColor: up, wickDownColor: down, wickUpColor: up,
    });
  }

  // As many arrows as fit: with words, without, or none, where the lines of the trades must do.
  function adaptMarkers(range) {
    const visible = data.marks
      .filter(({ index }) => index >= range.from && index <= range.to).length;
    const room = canvas.clientWidth / Math.max(1, visible);
    let next = "none";
    if (pressed("trades")) next = room > 44 ? "words" : room > 8 ? "arrows" : "none";
    if (next === density) return;
    density = next;
    markers.applyOptions({ autoScale: next === "words" });
    markers.setMarkers(next === "none" ? [] : data.marks.map((mark) => arrow(mark, next === "words")));
  }

  function arrow({ index, exit, label, net, trade }, withWords) {
    const result = net < 0 ? "--down" : "--up";
    return {
      time: data.time[index],
      position: exit ? "aboveBar" : "belowBar",
      shape: exit ? "arrowDown" : "arrowUp",
      color: theme.color(exit ? result : "--accent"),
      text: withWords ? (exit ? label : String(trade)) : undefined,
      size: withWords ? 0.8 : 0.7,
    };
  }

  const pressed = (layer) =>
    document.querySelector(`[data-layer="${layer}"]`).getAttribute("aria-pressed") === "true";

  function toggleLayer(button) {
    const on = button.getAttribute("aria-pressed") !== "true";
    button.setAttribute("aria-pressed", String(on));
    const { layer } = button.dataset;
    if (layer === "log") {
      const mode = on ? lib.PriceScaleMode.Logarithmic : lib.PriceScaleMode.Normal;
      candles?.priceScale().applyOptions({ mode });
      account?.equity.priceScale().applyOptions({ mode });
      return;
    }
    overlay?.show(layer, on);
    if (layer === "trades") adapt();
  }

  function chooseCandles(button) {
    heikinAshi = button.dataset.candles === "ha";
    for (const other of document.querySelectorAll("[data-candles]")) {
      other.setAttribute("aria-pressed", String(other === button));
    }
    setCandles();
    hint();
  }

  function hint() {
    document.getElementById("chart-hint").textContent = (heikinAshi
      ? "Heikin-Ashi values are averages; orders fill at real prices, where the dots are. "
      : "") + "Drag to move, pinch or Ctrl + wheel to zoom, double-click an axis to reset it.";
  }

  // From the right edge of what is visible back by so many days.
  function showDays(days) {
    const scale = chart.timeScale();
    const range = scale.getVisibleLogicalRange();
    if (days === null || !range) return showAll();
    const to = Math.min(data.count - 1, Math.max(0, Math.floor(range.to)));
    const start = data.time[to] - days * 86_400;
    let from = data.time.findIndex((time) => time > start);
    if (from < 0 || from >= to) from = Math.max(0, to - 1);
    return scale.setVisibleLogicalRange({ from: from - 0.5, to: to + 0.5 });
  }

  function showAll() {
    const spare = Math.max(0, 12 - data.count) / 2;
    chart.timeScale().setVisibleLogicalRange({ from: -0.5 - spare, to: data.count - 0.5 + spare });
  }

  function addRanges() {
    const days = (data.time.at(-1) - data.time[0]) / 86_400;
    const perCandle = days / Math.max(1, data.count - 1);
    const choices = [["1d", 1], ["1w", 7], ["1m", 30], ["3m", 91], ["1y", 365], ["3y", 1095]]
      .filter(([, length]) => length < days * 0.8 && length >= perCandle * 15)
      .slice(-4);
    const group = document.getElementById("ranges");
    for (const [text, length] of [...choices, ["All", null]]) {
      const button = document.createElement("button");
      button.type = "button";
      button.textContent = text;
      button.addEventListener("click", () => showDays(length));
      group.append(button);
    }
  }

  // A wheel over the chart scrolls the page, unless it is held with Ctrl or moves sideways.
  function tameWheel() {
    canvas.addEventListener("wheel", (event) => {
      const sideways = Math.abs(event.deltaX) > Math.abs(event.deltaY);
      if (!event.ctrlKey && !event.metaKey && !sideways) event.stopPropagation();
    }, { capture: true, passive: true });
  }

  if (!hasPrices) {
    document.getElementById("candle-kind").hidden = true;
    for (const button of document.querySelectorAll("[data-layer]:not([data-layer=log])")) {
      button.hidden = true;
    }
  }
  if (hasPrices) addPrices();
  if (hasAccount) addAccount();
  const shares = hasPrices ? [0.6, 0.24, 0.16] : [0.65, 0.35];
  chart.panes().forEach((pane, index) => pane.setStretchFactor(shares[index]));

  addRanges();
  tameWheel();
  hint();
  paint();
  showAll();
  const legend = createLegend(timeText);
  chart.subscribeCrosshairMove(({ logical, time }) => legend.show(time === undefined ? null : logical));
  // A finger has no crosshair: a tap reads the candle under it.
  chart.subscribeClick(({ logical, time }) => time !== undefined && legend.rest(logical));
  chart.timeScale().subscribeVisibleLogicalRangeChange(adapt);
  chart.timeScale().subscribeSizeChange(adapt);
  theme.onChange(paint);
  document.getElementById("chart-tools").addEventListener("click", ({ target }) => {
    const button = target.closest("button");
    if (button?.dataset.layer) toggleLayer(button);
    if (button?.dataset.candles) chooseCandles(button);
  });

  return {
    /** Moves to `trade`, with as much around it as it is long, and marks its candles. */
    show(trade) {
      const around = Math.max(20, (trade.to - trade.from) * 0.75);
      chart.timeScale().setVisibleLogicalRange({ from: trade.from - around, to: trade.to + around });
      overlay?.select(trade);
      legend.rest(trade.to);
    },
    /** The chart as a picture, for paper. */
    picture: () => chart.takeScreenshot(true),
  };
};
