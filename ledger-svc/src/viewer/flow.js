
// The tabs and steps of a flow without loading the page again. Each is a link that works without this.
(() => {
  "use strict";
  const flow = () => document.querySelector("#flow");

  async function show(url) {
    const answer = await fetch(url).catch(() => null);
    const page = answer?.ok && new DOMParser().parseFromString(await answer.text(), "text/html");
    const fresh = page && page.querySelector("#flow");
    if (!fresh) return location.assign(url);
    const focus = document.activeElement?.getAttribute("href");
    flow().replaceChildren(...fresh.childNodes);
    const same = focus && flow().querySelector(`a[href="${CSS.escape(focus)}"]`);
    if (same) same.focus({ preventScroll: true });
  }

  addEventListener("click", (event) => {
    const link = event.target.closest("a[data-swap]");
    const plain = !(event.button || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey);
    // What is sent while a flow goes on is made for one address.
    if (!link || !plain || flow()?.dataset.live) return;
    event.preventDefault();
    const url = link.getAttribute("href").split("#")[0];
    history.pushState(null, "", url);
    show(url);
  });
  addEventListener("popstate", () => flow() && show(location.href));
})();
