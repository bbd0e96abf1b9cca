/* Sums that run along while staff count and price; every page works without them. */

const yuan = (minor) => `¥${new Intl.NumberFormat("en", { minimumFractionDigits: 2 }).format(minor / 100)}`;
const count = (form, name) => Number(form.elements[name]?.value) || 0;

for (const form of document.querySelectorAll("form[data-wage], form[data-verdict], form[data-consignment]")) {
  const rate = Number(form.dataset.wage);
  const sum = form.querySelector("[data-wage-sum]");
  const says = form.querySelector("[data-wage-says]");
  const passes = form.querySelector("[data-verdict-passes]");
  const show = () => {
    const some = form.elements.looked?.value === "some";
    const flawed = some ? ["second_grade", "rework", "rejected"].reduce((all, name) => all + count(form, name), 0) : 0;
    const good = (Number(form.dataset.verdict) || count(form, "pieces")) - flawed;
    if (sum && rate) {
      // Half-up to the fen, as the house rounds 70 % of a rate.
      const second = some ? Math.floor((rate * 70 + 50) / 100) * count(form, "second_grade") : 0;
      says.textContent = says.dataset.wageSays;
      sum.textContent = yuan(rate * Math.max(good, 0) + second);
    }
    if (passes) {
      passes.dataset.state = good < 0 ? "over" : "";
      passes.textContent = some ? `${good < 0 ? passes.dataset.verdictOver : passes.dataset.verdictPasses} ${Math.abs(good)}` : "";
    }
  };
  form.addEventListener("input", show);
  show();
}

const minor = (text) => Math.round(Number(text.replace(/[\s,，¥元]/g, "")) * 100) || 0;

/* The price: what can be worked out is worked out until somebody types another sum; the house
   checks every one of them again. */
for (const split of document.querySelectorAll("[data-split]")) {
  const form = split.closest("form");
  const box = (name) => form.elements[name];
  const parts = split.dataset.split.split(" ");
  const says = split.querySelector("[data-split-says]");
  const first = says.textContent;
  const own = new Set(parts.filter((name) => box(name).value));
  const fill = (name, fen) => {
    if (!own.has(name)) box(name).value = fen > 0 ? (fen / 100).toFixed(2) : "";
  };
  const show = (event) => {
    if (event && parts.includes(event.target.name)) own.add(event.target.name);
    const price = minor(box("price").value);
    const lane = box("pay_lane")?.value ?? split.dataset.lane;
    const share = Number(box("share_percent")?.value ?? split.dataset.share);
    if (lane === "consignment") fill("pay", Math.floor((price * share + 50) / 100));
    // 22 yuan an hour and 5 % for sorting, rounded up to ten fen in her favor.
    else fill("pay", Math.ceil((Number(box("minutes").value) * 2200 * 105) / 60000) * 10);
    fill("fee", Math.floor((price * 6 + 500) / 1000));
    const given = parts.filter((name) => name !== "rest").reduce((all, name) => all + minor(box(name).value), 0);
    fill("rest", price - given);
    const left = price - given - minor(box("rest").value);
    says.dataset.state = price === 0 ? "" : left === 0 ? "even" : "off";
    if (price === 0) says.textContent = first;
    else says.textContent = left === 0 ? says.dataset.even : `${left > 0 ? says.dataset.under : says.dataset.over} ${yuan(Math.abs(left))}`;
  };
  form.addEventListener("input", show);
  show();
}
