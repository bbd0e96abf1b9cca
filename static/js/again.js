/* A page about work that goes on looks again by itself; without script it has a button for that. */

const place = document.querySelector("[data-again]");
const wait = Number(place?.dataset.again);

async function look() {
  const answer = await fetch(location.href, { headers: { Accept: "text/html" } });
  if (!answer.ok) return;
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  const now = page.querySelector("[data-again]");
  if (!now?.dataset.again) location.reload();
  else {
    const [old, fresh] = [place, now].map((one) => one.querySelector("[aria-live]"));
    if (old.textContent !== fresh.textContent) old.replaceChildren(...fresh.childNodes);
    setTimeout(look, wait);
  }
}

if (wait) setTimeout(look, wait);
