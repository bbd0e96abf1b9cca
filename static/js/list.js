/* A list that changes in place: choices, orders and pages are fetched and put where the old ones
   stood; the address follows, and back and forward show what stood there. Without it every link
   simply opens its page. */

const pages = new Map();
const said = document.querySelector("[data-swap-said]");
let shown = location.pathname + location.search;
let asked = null;

const region = () => document.querySelector("[data-swap]");
const pathOf = (url) => url.pathname + url.search;

function keep(path) {
  pages.set(path, { title: document.title, html: region() });
  if (pages.size > 20) pages.delete(pages.keys().next().value);
}

function show(page, path) {
  keep(shown);
  region().replaceWith(page.html);
  document.title = page.title;
  document.dispatchEvent(new Event("hearts"));
  shown = path;
  said.textContent = page.html.querySelector("[data-swap-total]").textContent;
}

async function fetched(url) {
  asked?.abort();
  asked = new AbortController();
  region().setAttribute("aria-busy", "true");
  const answer = await fetch(url, { signal: asked.signal, credentials: "same-origin" });
  if (!answer.ok) throw new Error(answer.status);
  const there = new DOMParser().parseFromString(await answer.text(), "text/html");
  const html = document.adoptNode(there.querySelector("[data-swap]"));
  return { title: there.title, html, url: new URL(answer.url) };
}

async function go(url, key) {
  let page;
  try {
    page = await fetched(url);
  } catch (error) {
    if (error.name !== "AbortError") location.href = url;
    return;
  }
  region().removeAttribute("aria-busy");
  show(page, pathOf(page.url));
  history.pushState(null, "", page.url);
  const again = key && region().querySelector(`[data-key="${CSS.escape(key)}"]`);
  if (again?.getClientRects().length) again.focus({ preventScroll: true });
  else {
    region().querySelector("h1").focus({ preventScroll: true });
    region().scrollIntoView();
  }
}

document.addEventListener("click", (event) => {
  const link = event.target.closest("[data-swap] a[href]");
  if (!link || event.defaultPrevented || event.button || event.metaKey || event.ctrlKey) return;
  if (event.shiftKey || event.altKey || link.pathname !== location.pathname || link.hash) return;
  event.preventDefault();
  go(link.href, "page" in link.dataset ? "" : link.dataset.key);
});

document.addEventListener("submit", (event) => {
  const form = event.target.closest("[data-swap] form[method=get]");
  if (!form || new URL(form.action).pathname !== location.pathname) return;
  event.preventDefault();
  go(`${form.action}?${new URLSearchParams(new FormData(form))}`, "price-typed");
});

addEventListener("popstate", async () => {
  const path = location.pathname + location.search;
  if (path === shown) return;
  if (pages.has(path)) return show(pages.get(path), path);
  try {
    const page = await fetched(location.href);
    region().removeAttribute("aria-busy");
    show(page, path);
  } catch (error) {
    if (error.name !== "AbortError") location.reload();
  }
});
