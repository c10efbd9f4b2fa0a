"use strict";

// Light or dark: `?theme=dark` first, then what was chosen before, then what the system prefers.
// Runs in the head, so that the page is never drawn in the wrong one.
const theme = (() => {
  const KEY = "heikin-report-theme";
  const root = document.documentElement;
  const system = matchMedia("(prefers-color-scheme: dark)");
  const listeners = [];
  const known = (name) => (name === "dark" || name === "light" ? name : null);

  // Browsers may refuse storage to a file opened from disk.
  const remembered = () => {
    try {
      return localStorage.getItem(KEY);
    } catch {
      return null;
    }
  };
  const remember = (name) => {
    try {
      localStorage.setItem(KEY, name);
    } catch {
      // Then it lasts as long as the page.
    }
  };

  let chosen = known(new URLSearchParams(location.search).get("theme")) ?? known(remembered());
  const current = () => chosen ?? (system.matches ? "dark" : "light");
  const apply = (name = current()) => {
    root.dataset.theme = name;
    listeners.forEach((listener) => listener());
  };

  system.addEventListener("change", () => apply());
  apply();

  return {
    current,
    /** Calls `listener` whenever the colours have changed. */
    onChange: (listener) => listeners.push(listener),
    /** The value of a colour token of the style sheet. */
    color: (token) => getComputedStyle(root).getPropertyValue(token).trim(),
    toggle() {
      chosen = current() === "dark" ? "light" : "dark";
      remember(chosen);
      apply();
    },
    /** Paper is light; afterwards the screen is what it was. */
    forPaper: (on) => apply(on ? "light" : current()),
  };
})();
