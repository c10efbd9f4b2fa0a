"use strict";

// The values under the crosshair, always in the same places. Without a crosshair: the last candle,
// or the exit of the chosen trade.
const createLegend = (timeText) => {
  const list = document.getElementById("legend");
  let resting = data.count - 1;

  const candle = (open, high, low, close) => (i) =>
    [["O", open], ["H", high], ["L", low], ["C", close]]
      .map(([letter, column]) => `${letter}\u00a0${format.price(column[i])}`).join("  ");

  const mark = ({ exit, label, price, net, trade }) => {
    const result = net === null ? "" : `, net ${format.signedMoney(net)}`;
    const what = exit ? `exit (${label})` : "entry";
    return `trade ${trade} ${what} at ${format.price(price)}${result}`;
  };

  const cells = [["Time, UTC", (i) => timeText(data.time[i]), "time"]];
  if (data.close) {
    cells.push(
      ["Candle", candle(data.open, data.high, data.low, data.close), "wide"],
      ["Heikin-Ashi", candle(data.haOpen, data.haHigh, data.haLow, data.haClose), "wide"],
      ["Stop", (i) => format.price(data.stop[i]), "short"],
      ["Entry order", (i) => format.price(data.trigger[i]), "short"],
    );
  }
  if (data.equity) {
    cells.push(
      [`Equity, ${data.quote}`, (i) => format.money(data.equity[i]), "short"],
      ["Buy and hold", (i) => format.money(data.hold[i]), "short"],
      ["Drawdown", (i) => format.percent(data.drawdown[i]), "short"],
    );
  }
  if (data.marks.length) {
    cells.push(["Fills", (i) => (data.marksAt.get(i) ?? []).map(mark).join("; ") || "–", "wide fills"]);
  }

  const outputs = cells.map(([label, value, size]) => {
    const cell = document.createElement("div");
    const term = document.createElement("dt");
    const output = document.createElement("dd");
    cell.className = size;
    term.textContent = label;
    cell.append(term, output);
    list.append(cell);
    return { output, value };
  });

  const show = (index) => {
    const at = index === null ? resting : index;
    if (at < 0 || at >= data.count) return;
    for (const { output, value } of outputs) output.textContent = value(at);
  };
  show(null);

  return {
    show,
    /** Shows candle `index` whenever there is no crosshair. */
    rest(index) {
      resting = index;
      show(null);
    },
  };
};
