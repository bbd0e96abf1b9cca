/* Sums that run along while staff count and price; every page works without them. */

const yuan = (minor) => `¥${new Intl.NumberFormat("en", { minimumFractionDigits: 2 }).format(minor / 100)}`;
const count = (form, name) => Number(form.elements[name]?.value) || 0;

for (const form of document.querySelectorAll("form[data-wage], form[data-verdict]")) {
  const rate = Number(form.dataset.wage);
  const sum = form.querySelector("[data-wage-sum]");
  const says = form.querySelector("[data-wage-says]");
  const left = form.querySelector("[data-verdict-left]");
  const show = () => {
    if (sum && rate) {
      const good = form.dataset.verdict ? count(form, "passed") : count(form, "pieces");
      // Half-up to the fen, as the house rounds 70 % of a rate.
      const second = Math.floor((rate * 70 + 50) / 100) * count(form, "second_grade");
      says.textContent = says.dataset.wageSays;
      sum.textContent = yuan(rate * good + second);
    }
    if (left) {
      const seen = ["passed", "second_grade", "rework", "rejected"].reduce((all, name) => all + count(form, name), 0);
      const rest = Number(form.dataset.verdict) - seen;
      left.textContent = rest === 0 ? "" : `${rest > 0 ? left.dataset.verdictLeft : left.dataset.verdictOver} ${Math.abs(rest)}`;
    }
  };
  form.addEventListener("input", show);
  show();
}

const minor = (text) => Math.round(Number(text.replace(/[\s,，¥元]/g, "")) * 100) || 0;

for (const split of document.querySelectorAll("[data-split]")) {
  const box = (name) => split.querySelector(`[name="${name}"]`);
  const parts = split.dataset.split.split(" ");
  const says = split.querySelector("[data-split-says]");
  const show = () => {
    const rest = minor(box("price").value) - parts.reduce((all, name) => all + minor(box(name).value), 0);
    says.dataset.state = rest === 0 ? "even" : "off";
    says.textContent = rest === 0 ? says.dataset.even : `${rest > 0 ? says.dataset.under : says.dataset.over} ${yuan(Math.abs(rest))}`;
  };
  split.addEventListener("input", show);
  show();
}
