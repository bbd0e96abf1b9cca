/* The next list of the address, and what the way there costs, come in place: the form itself is
   asked, as its button does without script. What was typed elsewhere on the page stays. */

const form = document.querySelector("form.checkout");
let asked = null;

async function ask(after) {
  asked?.abort();
  asked = new AbortController();
  const body = new URLSearchParams(new FormData(form));
  body.set("place_step", "1");
  const answer = await fetch(form.action, { method: "POST", body, signal: asked.signal });
  if (!answer.ok) throw new Error(answer.status);
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  for (const part of form.querySelectorAll("[data-follows]")) {
    const fresh = page.querySelector(`[data-follows="${part.dataset.follows}"]`);
    if (fresh) part.replaceWith(document.adoptNode(fresh));
  }
  for (const name of ["total_sent", "total_fetched"]) {
    form.elements[name].value = page.querySelector(`[name="${name}"]`).value;
  }
  tidy();
  // Arrow keys choose on their way through a list: whoever holds it goes on where she is.
  form.querySelectorAll("[data-place-picker] select")[after]?.focus();
}

function tidy() {
  for (const step of form.querySelectorAll("[data-place-step]")) step.hidden = true;
}

form?.addEventListener("change", (event) => {
  const list = event.target.closest("[data-place-picker] select");
  if (!list) return;
  const lists = [...form.querySelectorAll("[data-place-picker] select")];
  for (const later of lists.slice(lists.indexOf(list) + 1)) later.value = "";
  ask(lists.indexOf(list)).catch((problem) => {
    if (problem.name === "AbortError") return;
    for (const step of form.querySelectorAll("[data-place-step]")) step.hidden = false;
  });
});
if (form) tidy();
