"use strict";

// Puts the parts together. Each is absent where the report has nothing for it.
(() => {
  const byId = (id) => document.getElementById(id);
  const chart = byId("canvas") && data.count > 0 ? createChartView() : null;
  const list = byId("trade-rows") ? createTradeList((trade) => choose(trade, "scroll")) : null;

  function choose(trade, scroll) {
    list.choose(trade);
    if (!chart || trade.from === null) return;
    chart.show(trade);
    if (scroll === "scroll") byId("chart").scrollIntoView({ behavior: "smooth", block: "start" });
  }

  for (const button of document.querySelectorAll("[data-step]")) {
    button.hidden = list === null;
    button.addEventListener("click", () => {
      const next = list.neighbor(Number(button.dataset.step));
      if (next) choose(next, "stay");
    });
  }

  const themeButton = byId("theme");
  const nameTheme = () => {
    themeButton.textContent = theme.current() === "dark" ? "Light" : "Dark";
  };
  themeButton.hidden = false;
  themeButton.addEventListener("click", () => theme.toggle());
  theme.onChange(nameTheme);
  nameTheme();

  addEventListener("beforeprint", () => {
    theme.forPaper(true);
    if (chart) byId("paper").replaceChildren(chart.picture());
    list?.forPaper(true);
  });
  addEventListener("afterprint", () => {
    theme.forPaper(false);
    byId("paper")?.replaceChildren();
    list?.forPaper(false);
  });
})();
