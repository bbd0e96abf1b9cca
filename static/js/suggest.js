/* What the beginning of a query may become: a combobox with a list (ARIA APG, list autocomplete with
   manual selection). Without script the field is an ordinary search form and nothing is missing. */

const REST = 180;
const kept = new Map();

export function offer(form) {
  const field = form.querySelector("input[name=q]");
  const list = document.createElement("ul");
  const status = document.createElement("p");
  list.id = "search-options";
  list.className = "suggestions";
  list.hidden = true;
  list.setAttribute("role", "listbox");
  list.setAttribute("aria-label", form.dataset.label);
  status.className = "visually-hidden";
  status.setAttribute("role", "status");
  form.append(list, status);
  // A search field may not be a combobox, a text field may; the caret stays where it is.
  const caret = [field.selectionStart, field.selectionEnd];
  field.type = "text";
  field.setSelectionRange(...caret);
  for (const [name, value] of Object.entries({
    role: "combobox", autocomplete: "off", "aria-autocomplete": "list", "aria-expanded": "false",
    "aria-controls": list.id,
  })) field.setAttribute(name, value);

  let active = -1;
  let asking = null;
  let timer = 0;

  const choose = (number) => {
    const options = list.children;
    options[active]?.setAttribute("aria-selected", "false");
    active = number;
    const option = options[active];
    if (!option) return field.removeAttribute("aria-activedescendant");
    option.setAttribute("aria-selected", "true");
    option.scrollIntoView({ block: "nearest" });
    field.setAttribute("aria-activedescendant", option.id);
  };
  const close = () => {
    clearTimeout(timer);
    asking?.abort();
    choose(-1);
    list.hidden = true;
    field.setAttribute("aria-expanded", "false");
  };
  const open = () => {
    const count = list.children.length;
    if (!count || document.activeElement !== field) return;
    list.hidden = false;
    field.setAttribute("aria-expanded", "true");
    status.textContent = count === 1 ? form.dataset.one : form.dataset.more.replace("#", count);
  };
  const show = (lines) => {
    choose(-1);
    list.innerHTML = lines;
    [...list.children].forEach((option, number) => {
      option.id = `search-option-${number}`;
      option.setAttribute("aria-selected", "false");
    });
    if (list.children.length) open();
    else {
      close();
      status.textContent = "";
    }
  };
  const ask = async () => {
    const typed = field.value.trim();
    asking?.abort();
    if (!typed) return show("");
    if (kept.has(typed)) return show(kept.get(typed));
    asking = new AbortController();
    const language = document.documentElement.lang.slice(0, 2);
    const address = `/search/suggest?${new URLSearchParams({ q: typed, lang: language })}`;
    try {
      const answer = await fetch(address, { signal: asking.signal });
      if (!answer.ok) return;
      const lines = await answer.text();
      kept.set(typed, lines);
      if (field.value.trim() === typed) show(lines);
    } catch (stopped) {
      if (stopped.name !== "AbortError") close();
    }
  };
  const soon = () => {
    clearTimeout(timer);
    timer = setTimeout(ask, REST);
  };

  // While characters are still being composed (pinyin before 凉鞋) nothing is asked.
  field.addEventListener("input", (event) => event.isComposing || soon());
  field.addEventListener("compositionend", soon);
  field.addEventListener("keydown", (event) => {
    if (event.isComposing) return;
    const count = list.children.length;
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step && count) {
      event.preventDefault();
      if (list.hidden) open();
      if (event.altKey) return step < 0 ? close() : undefined;
      // Past either end one is back in the field, then at the other end.
      choose(((active + 1 + step + count + 1) % (count + 1)) - 1);
    } else if (event.key === "Enter" && active >= 0) {
      event.preventDefault();
      location.assign(list.children[active].dataset.href);
    } else if (event.key === "Escape" && !list.hidden) {
      event.preventDefault();
      close();
    }
  });
  field.addEventListener("blur", close);
  list.addEventListener("pointerdown", (event) => event.preventDefault());
  list.addEventListener("click", (event) => {
    const option = event.target.closest("[data-href]");
    if (option) location.assign(option.dataset.href);
  });
  if (document.activeElement === field && field.value) soon();
}
