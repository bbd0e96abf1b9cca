/* The sum of what is chosen, before it goes into the cart. */

const form = document.querySelector("[data-buy]");

if (form) {
  const sum = form.querySelector("[data-sum]");
  const yuan = new Intl.NumberFormat(document.documentElement.lang, {
    minimumFractionDigits: 2,
    maximumFractionDigits: 2,
  });
  const fen = () => {
    const variant = form.querySelector('[name="variant"]:checked, [name="variant"][type="hidden"]');
    let one = Number(variant?.dataset.fen ?? form.dataset.buy);
    for (const answer of form.querySelectorAll("[data-wishes] [data-fen]")) {
      const isGiven = answer.type === "radio" ? answer.checked : answer.value.trim() !== "";
      if (isGiven) one += Number(answer.dataset.fen);
    }
    return one * Math.max(1, Number(form.querySelector('[name="quantity"]').value) || 1);
  };
  const say = () => {
    sum.textContent = `¥${yuan.format(fen() / 100)}`;
    sum.closest("[hidden]")?.removeAttribute("hidden");
  };
  form.addEventListener("input", say);
  form.addEventListener("change", say);
  if (form.querySelector("[data-wishes]")) say();
}
