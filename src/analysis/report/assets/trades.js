"use strict";

// The trade list: filtered, sorted, a page at a time. `onChoose` gets the trade of a clicked row.
const createTradeList = (onChoose) => {
  const PAGE = matchMedia("(max-width: 760px)").matches ? 12 : 25;
  const PAPER_MAX = 1000;
  const byId = (id) => document.getElementById(id);
  const number = (text) => Number.parseFloat(text.replace(/[^0-9.eE+-]/g, "")) || 0;

  // [class, heading, text, sort key, label of the cell on a phone]
  const columns = [
    ["n", "#", (t) => String(t.n), (t) => t.n],
    ["entry-time", "Entry", (t) => format.time(t.entryTime), (t) => t.entryTime],
    ["exit-time", "Exit", (t) => format.time(t.exitTime), (t) => t.exitTime],
    ["bars", "Candles", (t) => format.whole(t.bars), (t) => t.bars, "candles"],
    ["entry", "Entry price", (t) => t.entry, (t) => number(t.entry)],
    ["exit", "Exit price", (t) => t.exit, (t) => number(t.exit)],
    ["quantity", `Quantity, ${data.base}`, (t) => t.quantity, (t) => number(t.quantity), data.base],
    ["fee", `Fees, ${data.quote}`, (t) => t.fee, (t) => number(t.fee), "fees"],
    ["net", `Net, ${data.quote}`, (t) => t.net, (t) => t.value],
    ["kind", "Exit by", (t) => t.kind, (t) => t.kind],
  ];
  const filters = [
    ["All", () => true],
    ["Winners", (t) => t.value > 0],
    ["Losers", (t) => t.value < 0],
  ];

  let filter = filters[0];
  let kind = "";
  let sort = { key: columns[0][3], name: "n", step: 1 };
  let page = 0;
  let rows = [];
  let drawn = new Map();
  let chosen = null;

  function element(tag, properties, ...children) {
    const made = Object.assign(document.createElement(tag), properties);
    made.append(...children);
    return made;
  }

  function addHead() {
    for (const [name, heading, , key] of columns) {
      const button = element("button", { type: "button", textContent: heading });
      const cell = element("th", { className: name, scope: "col" }, button);
      button.addEventListener("click", () => {
        sort = { key, name, step: sort.name === name ? -sort.step : name === "net" ? -1 : 1 };
        page = 0;
        update();
      });
      byId("trade-head").append(cell);
    }
  }

  function addFilters() {
    for (const choice of filters) {
      const [name, keeps] = choice;
      const text = `${name} ${format.whole(data.trades.filter(keeps).length)}`;
      const button = element("button", { type: "button", textContent: text });
      button.setAttribute("aria-pressed", String(choice === filter));
      button.addEventListener("click", () => {
        filter = choice;
        for (const other of byId("trade-filter").children) {
          other.setAttribute("aria-pressed", String(other === button));
        }
        page = 0;
        update();
      });
      byId("trade-filter").append(button);
    }
    const kinds = [...new Set(data.trades.map((trade) => trade.kind))].sort();
    const select = byId("trade-kind");
    select.append(new Option("any", ""));
    for (const name of kinds) {
      const count = data.trades.filter((trade) => trade.kind === name).length;
      select.append(new Option(`${name} (${format.whole(count)})`, name));
    }
    select.addEventListener("change", () => {
      kind = select.value;
      page = 0;
      update();
    });
  }

  const compare = (a, b) => (a < b ? -1 : a > b ? 1 : 0);

  function update() {
    rows = data.trades
      .filter((trade) => filter[1](trade) && (kind === "" || trade.kind === kind))
      .sort((a, b) => sort.step * compare(sort.key(a), sort.key(b)) || a.n - b.n);
    for (const cell of byId("trade-head").children) {
      const on = cell.classList.contains(sort.name);
      if (on) cell.setAttribute("aria-sort", sort.step > 0 ? "ascending" : "descending");
      else cell.removeAttribute("aria-sort");
    }
    const net = rows.reduce((sum, trade) => sum + trade.value, 0);
    const won = rows.filter((trade) => trade.value > 0).length;
    const share = rows.length ? `, ${format.percent((100 * won) / rows.length)} won` : "";
    byId("trade-sum").textContent =
      `${format.whole(rows.length)} of ${format.whole(data.trades.length)} trades, ` +
      `net ${format.signedMoney(net)} ${data.quote}${share}`;
    draw();
  }

  function draw() {
    const pages = Math.max(1, Math.ceil(rows.length / PAGE));
    page = Math.min(Math.max(page, 0), pages - 1);
    fill(rows.slice(page * PAGE, (page + 1) * PAGE));
    byId("trade-pager").hidden = pages === 1;
    byId("trade-page").textContent = `page ${page + 1} of ${pages}`;
    for (const button of byId("trade-pager").querySelectorAll("button")) {
      const back = ["first", "previous"].includes(button.dataset.page);
      button.disabled = back ? page === 0 : page === pages - 1;
    }
  }

  function fill(shown) {
    const body = byId("trade-rows");
    drawn = new Map(shown.map((trade) => [trade, row(trade)]));
    body.replaceChildren(...drawn.values());
    if (shown.length === 0) {
      const cell = element("td", { colSpan: columns.length, textContent: "No such trade." });
      body.append(element("tr", { className: "empty" }, cell));
    }
  }

  function row(trade) {
    const made = element("tr", { title: "Show on the chart" });
    made.classList.toggle("chosen", trade === chosen);
    for (const [name, , text, , label] of columns) {
      const cell = element("td", { className: name });
      if (label) cell.dataset.label = label;
      if (name === "n") cell.append(element("button", { type: "button", textContent: text(trade) }));
      else cell.textContent = text(trade);
      if (name === "net") cell.classList.add(trade.value < 0 ? "down" : trade.value > 0 ? "up" : "flat");
      made.append(cell);
    }
    made.addEventListener("click", () => onChoose(trade));
    return made;
  }

  function turn({ target }) {
    const to = target.closest("button")?.dataset.page;
    const pages = { first: 0, previous: page - 1, next: page + 1, last: Infinity };
    if (!(to in pages)) return;
    page = Math.min(pages[to], Math.ceil(rows.length / PAGE) - 1);
    draw();
  }

  addHead();
  addFilters();
  byId("trade-pager").addEventListener("click", turn);
  update();

  return {
    /** Marks `trade`, and turns to its page where the filter lets it through. */
    choose(trade) {
      drawn.get(chosen)?.classList.remove("chosen");
      chosen = trade;
      const at = rows.indexOf(trade);
      if (drawn.has(trade)) {
        drawn.get(trade).classList.add("chosen");
      } else if (at >= 0) {
        page = Math.floor(at / PAGE);
        draw();
      }
    },
    /** The trade `step` places after the chosen one, in time. */
    neighbor(step) {
      const at = data.trades.indexOf(chosen);
      const next = chosen === null ? (step > 0 ? 0 : data.trades.length - 1) : at + step;
      return data.trades[next] ?? null;
    },
    /** Paper has no pages to turn: all rows, up to a bound, and a line that says if there are more. */
    forPaper(on) {
      if (!on) return draw();
      byId("trade-paper").textContent = rows.length > PAPER_MAX
        ? `The first ${format.whole(PAPER_MAX)} of ${format.whole(rows.length)} trades.` : "";
      return fill(rows.slice(0, PAPER_MAX));
    },
  };
};
