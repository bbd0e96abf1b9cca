/* The little that script adds: the cart's count, suggestions, steppers, copying, the print button. */

/* Pages are the same for everybody; how many things wait in this device's cart stands in a cookie. */
for (const badge of document.querySelectorAll("[data-cart-count]")) {
  const count = Number(document.cookie.match(/(?:^|; )cart_count=(\d{1,4})(?:;|$)/)?.[1]);
  if (!count) continue;
  const [spoken, seen] = badge.children;
  spoken.textContent = count === 1 ? spoken.dataset.one : spoken.dataset.more.replace("#", count);
  seen.textContent = count;
  badge.hidden = false;
}

/* Hearts that this device gave: on cards, and in the head of the page. */
const markHearts = () => {
  const kept = document.cookie.match(/(?:^|; )favorites=([\w.]+)/)?.[1].split(".") ?? [];
  document.querySelector(".window-hearts")?.toggleAttribute("data-any", kept.length > 0);
  for (const card of document.querySelectorAll("[data-product]")) {
    card.toggleAttribute("data-loved", kept.includes(card.dataset.product));
  }
};
document.addEventListener("hearts", markHearts);
markHearts();

/* What offers suggestions is fetched when somebody first turns to a search field. */
for (const form of document.querySelectorAll("[data-suggest]")) {
  const load = async () => (await import(form.dataset.suggest)).offer(form);
  form.addEventListener("focusin", load, { once: true });
}

for (const stepper of document.querySelectorAll("[data-stepper]")) {
  const box = stepper.querySelector("input");
  const buttons = [...stepper.querySelectorAll("[data-step]")];
  const rest = () => {
    for (const button of buttons) {
      const next = Number(box.value) + Number(button.dataset.step);
      button.disabled = next < Number(box.min) || next > Number(box.max);
    }
  };
  for (const button of buttons) {
    button.hidden = false;
    button.addEventListener("click", () => {
      if (Number(button.dataset.step) > 0) box.stepUp();
      else box.stepDown();
      box.dispatchEvent(new Event("input", { bubbles: true }));
      box.dispatchEvent(new Event("change", { bubbles: true }));
    });
  }
  box.addEventListener("input", rest);
  rest();
}

for (const place of document.querySelectorAll("[data-copy]")) {
  const button = place.querySelector("[data-copy-button]");
  if (!navigator.clipboard) continue;
  button.hidden = false;
  button.addEventListener("click", async () => {
    await navigator.clipboard.writeText(place.querySelector("input").value);
    button.querySelector("span").textContent = button.dataset.copied;
  });
}

for (const button of document.querySelectorAll("[data-print]")) {
  button.hidden = false;
  button.addEventListener("click", () => window.print());
}
