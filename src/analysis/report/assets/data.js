"use strict";

// The payload, unpacked, and how its values are written. Columns have one value per candle, null
// where there is none:
//   time (seconds; stored as distances), open, high, low, close, haOpen, haHigh, haLow, haClose,
//   trigger, stop, equity, hold, drawdown.
// marks: [candle, exit?, label, price, net, trade]
// trades: [n, entry time, exit time, bars, entry candle, exit candle, entry price, exit price,
//          quantity, net, fee, kind, net value]
const data = (() => {
  const raw = JSON.parse(document.getElementById("data").textContent);

  const time = [];
  let at = 0;
  for (const distance of raw.time) {
    at += distance;
    time.push(at);
  }

  const marks = raw.marks
    .filter((mark) => mark[0] !== null)
    .map(([index, exit, label, price, net, trade]) => ({
      index, exit: exit === 1, label, price, net, trade,
    }))
    .sort((a, b) => a.index - b.index);

  const marksAt = new Map();
  for (const mark of marks) {
    if (!marksAt.has(mark.index)) marksAt.set(mark.index, []);
    marksAt.get(mark.index).push(mark);
  }

  const trades = raw.trades.map(
    ([n, entryTime, exitTime, bars, from, to, entry, exit, quantity, net, fee, kind, value]) => ({
      n, entryTime, exitTime, bars, from, to, entry, exit, quantity, net, fee, kind, value,
    }),
  );

  return { ...raw, time, marks, marksAt, trades, count: time.length };
})();

const format = (() => {
  const fixed = (decimals) =>
    new Intl.NumberFormat("en-US", {
      minimumFractionDigits: decimals,
      maximumFractionDigits: decimals,
    });
  const price = fixed(data.priceDecimals);
  const money = fixed(data.moneyDecimals);
  const percent = fixed(2);
  const whole = fixed(0);
  const or = (formatter) => (value) =>
    Number.isFinite(value) ? formatter.format(value).replace(/^-(?=[0.,]*$)/, "") : "–";
  const signed = (text, value) => (value > 0 ? `+${text}` : text);

  const time = (seconds) => {
    const date = new Date(seconds * 1000);
    if (Number.isNaN(date.getTime())) return "?";
    return date.toISOString().slice(0, 16).replace("T", " ");
  };

  return {
    time,
    date: (seconds) => time(seconds).slice(0, 10),
    price: or(price),
    money: or(money),
    percent: (value) => (Number.isFinite(value) ? `${or(percent)(value)} %` : "–"),
    whole: or(whole),
    signedMoney: (value) => signed(or(money)(value), value),
    signedPercent: (value) => signed(`${or(percent)(value)} %`, value),
  };
})();
