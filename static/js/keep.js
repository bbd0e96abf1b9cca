/* Hearts in place, what this device looked at, and the telephone's own way to pass a page on. */

const kept = () => document.cookie.match(/(?:^|; )favorites=([\w.]+)/)?.[1].split(".") ?? [];

for (const form of document.querySelectorAll("[data-heart]")) {
  const button = form.querySelector("button");
  const words = button.querySelector("[data-keep]");
  // In the list of favorites itself a heart takes its card away: there the page comes anew.
  if ("on" in button.dataset) continue;
  const mark = () => {
    const isKept = kept().includes(form.dataset.heart);
    form.elements.keep.value = isKept ? "0" : "1";
    button.setAttribute("aria-pressed", isKept);
    words.textContent = isKept ? words.dataset.kept : words.dataset.keep;
  };
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    try {
      const answer = await fetch(form.action, {
        method: "POST",
        body: new URLSearchParams(new FormData(form)),
        redirect: "manual",
      });
      if (answer.type !== "opaqueredirect") throw new Error(answer.status);
      mark();
      document.dispatchEvent(new Event("hearts"));
    } catch {
      form.submit();
    }
  });
  mark();
}

/* What was looked at stays in the memory of the device and is sent nowhere. */
const place = document.querySelector("[data-seen]");
const MOST = 12;

function remembered() {
  try {
    const said = JSON.parse(localStorage.getItem("seen") ?? "[]");
    return said.filter(
      (one) => one?.slug && one.title && `${one.image}`.startsWith("/") && !`${one.image}`.startsWith("//"),
    );
  } catch {
    return [];
  }
}

if (place) {
  const { slug, title, image } = place.dataset;
  const others = remembered().filter((one) => one.slug !== slug);
  const row = place.querySelector("ul");
  for (const one of others.slice(0, MOST)) {
    const link = document.createElement("a");
    link.href = `/goods/${encodeURIComponent(one.slug)}`;
    const picture = document.createElement("img");
    Object.assign(picture, { src: one.image, alt: "", width: 96, height: 120, loading: "lazy" });
    const words = document.createElement("span");
    words.textContent = one.title;
    link.append(picture, words);
    const item = document.createElement("li");
    item.append(link);
    row.append(item);
  }
  place.hidden = !row.children.length;
  place.querySelector("[data-forget]").addEventListener("click", () => {
    localStorage.removeItem("seen");
    place.hidden = true;
  });
  try {
    const all = slug ? [{ slug, title, image }, ...others] : others;
    if (slug) localStorage.setItem("seen", JSON.stringify(all.slice(0, MOST + 1)));
  } catch {
    /* A device that remembers nothing shows nothing. */
  }
}

for (const button of document.querySelectorAll("[data-share]")) {
  const what = { title: document.title, url: button.dataset.share };
  if (!navigator.canShare?.(what)) continue;
  button.hidden = false;
  button.addEventListener("click", () => navigator.share(what).catch(() => {}));
}
