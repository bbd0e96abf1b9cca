/* The little that script adds: stepper buttons, copying an address, the print button. */

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
