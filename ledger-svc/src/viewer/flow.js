
// Switches a flow's tabs and steps without reloading the page. Each is a link that works without this script.
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
    // While a flow is running, the server sends content for one URL only.
    if (!link || !plain || flow()?.dataset.live) return;
    event.preventDefault();
    const url = link.getAttribute("href").split("#")[0];
    history.pushState(null, "", url);
    show(url);
  });
  addEventListener("popstate", () => flow() && show(location.href));
})();
