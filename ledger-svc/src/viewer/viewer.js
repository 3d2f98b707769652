// Progressive enhancement: every page works without this script, except for the theme switch, the keyboard and live updates.
"use strict";
(() => {
  const root = document.documentElement;
  const one = (selector, within = document) => within.querySelector(selector);
  const all = (selector) => [...document.querySelectorAll(selector)];
  const store = { // A browser may refuse to store anything.
    get(key) { try { return localStorage.getItem(key); } catch { return null; } },
    set(key, value) { try { localStorage.setItem(key, value); } catch { /* not stored */ } },
  };

  // Before anything is rendered, so that no page flashes in the other theme.
  root.classList.add("js");
  const theme = store.get("theme");
  if (theme === "dark" || theme === "light") root.dataset.theme = theme;

  function switchTheme() {
    const dark = matchMedia("(prefers-color-scheme: dark)").matches;
    const now = root.dataset.theme ?? (dark ? "dark" : "light");
    root.dataset.theme = now === "dark" ? "light" : "dark";
    store.set("theme", root.dataset.theme);
  }

  let hide;
  function toast(text) {
    const shown = one("#toast");
    shown.textContent = text;
    shown.classList.add("shown");
    clearTimeout(hide);
    hide = setTimeout(() => shown.classList.remove("shown"), 2000);
  }

  async function copy(text) {
    try {
      await navigator.clipboard.writeText(text);
    } catch { // The clipboard API is unavailable over plain HTTP from another machine.
      const area = document.createElement("textarea");
      area.value = text;
      document.body.append(area);
      area.select();
      document.execCommand("copy");
      area.remove();
    }
    toast(`copied ${text}`);
  }

  // Rows that the keyboard can walk through: `data-row` with a link `.open` in it.
  function move(step) {
    const links = all("[data-row] .open");
    const row = document.activeElement.closest("[data-row]");
    const at = row ? links.indexOf(one(".open", row)) : step > 0 ? -1 : links.length;
    links[Math.min(Math.max(at + step, 0), links.length - 1)]?.focus();
  }

  const id = () => (document.activeElement.closest("[data-id]") ?? one("main [data-id]"))?.dataset.id;
  const keys = {
    "/": () => one("#search")?.focus(),
    "j": () => move(1),
    "k": () => move(-1),
    "[": () => one("a[rel=prev]")?.click(),
    "]": () => one("a[rel=next]")?.click(),
    "c": () => id() && copy(id()),
    "y": () => copy(location.href),
    "t": switchTheme,
    "?": () => one("#help")?.showModal(),
  };
  addEventListener("keydown", (event) => {
    const typing = event.target.matches?.("input, select, textarea");
    if (typing && event.key === "Escape") event.target.blur();
    if (typing || event.ctrlKey || event.metaKey || event.altKey || one("dialog[open]")) return;
    const act = keys[event.key] ?? (/^[1-9]$/.test(event.key) ? () => one(`[data-tab="${event.key}"]`)?.click() : null);
    if (act) {
      event.preventDefault();
      act();
    }
  });

  addEventListener("click", (event) => {
    const button = event.target.closest("[data-copy], [data-do]");
    if (button?.dataset.copy) copy(button.dataset.copy);
    if (button?.dataset.do === "theme") switchTheme();
    if (button?.dataset.do === "help") one("#help").showModal();
  });

  // An element with `data-live` listens at that URL, and its content is replaced by what it receives. Children with the same
  // `data-key` and the same text are left in place, with their focus.
  function fill(element, text) {
    const fresh = document.createElement("template");
    fresh.innerHTML = text;
    const old = new Map([...element.children].map((child) => [child.dataset.key, child]));
    const focus = document.activeElement.closest("[data-key]")?.dataset.key;
    const next = [...fresh.content.children].map((child) => {
      const same = old.get(child.dataset.key);
      return same?.outerHTML === child.outerHTML ? same : child;
    });
    const kept = new Set(next);
    for (const child of [...element.children]) if (!kept.has(child)) child.remove();
    next.forEach((child, at) => element.children[at] === child || element.insertBefore(child, element.children[at] ?? null));
    if (focus && !document.activeElement.closest("[data-key]")) {
      one(`[data-key="${CSS.escape(focus)}"] .open`, element)?.focus({ preventScroll: true });
    }
  }

  function live(element) {
    let source, again;
    const state = (text) => { const shown = one("#live"); if (shown) shown.textContent = text; };
    const rest = () => { source?.close(); clearTimeout(again); };
    const listen = () => {
      rest();
      if (!element.dataset.live) return;
      source = new EventSource(element.dataset.live);
      source.addEventListener("open", () => state("live"));
      source.addEventListener("error", () => {
        state("not live: reconnecting");
        // A browser gives up on a response that is not a stream, such as a proxy's while the service restarts.
        if (source.readyState === EventSource.CLOSED) again = setTimeout(listen, 3000);
      });
      source.addEventListener("fill", (event) => fill(element, event.data));
      source.addEventListener("end", () => { delete element.dataset.live; rest(); });
    };
    // A hidden page requests nothing.
    document.addEventListener("visibilitychange", () => document.hidden ? rest() : listen());
    if (!document.hidden) listen();
    addEventListener("pagehide", rest);
  }

  // A slider between two times in microseconds. It writes into the field named by `data-field` and submits its form.
  function slider(range) {
    const field = one(`#${range.dataset.field}`);
    const [from, to] = [Number(range.dataset.from), Number(range.dataset.to)];
    const time = () => new Date((from + (to - from) * range.value / range.max) / 1000).toISOString();
    range.addEventListener("input", () => { field.value = time(); });
    range.addEventListener("change", () => field.form.requestSubmit());
  }

  addEventListener("DOMContentLoaded", () => all("[data-field]").forEach(slider));
  addEventListener("DOMContentLoaded", () => all("[data-live]").forEach(live));
})();
