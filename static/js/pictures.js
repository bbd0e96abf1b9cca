/* Pictures at the desk: made smaller before they travel, sent one by one with their progress, looked
   at again until their copies are there, and cut for show as the spot is chosen. The page does all
   of it without script too, in one form and with one more look. */

// Below this a picture travels as it is; above it is narrowed, which also leaves its place behind.
const WORTH_NARROWING = 1_500_000;
const LOOK_AGAIN_MS = 2000;
const STOP_LOOKING_MS = 600_000;

const isHeic = (file) => /hei[cf]$/i.test(file.type) || /\.hei[cf]$/i.test(file.name);
const isPhoto = (file) => /^image\/(jpeg|png|webp)$/.test(file.type) || isHeic(file);

async function narrowed(file, longest) {
  const picture = await createImageBitmap(file);
  const scale = Math.min(1, longest / Math.max(picture.width, picture.height));
  const canvas = document.createElement("canvas");
  canvas.width = Math.round(picture.width * scale);
  canvas.height = Math.round(picture.height * scale);
  const pen = canvas.getContext("2d");
  pen.fillStyle = "#fff";
  pen.fillRect(0, 0, canvas.width, canvas.height);
  pen.drawImage(picture, 0, 0, canvas.width, canvas.height);
  picture.close();
  const blob = await new Promise((done) => canvas.toBlob(done, "image/jpeg", 0.9));
  return new File([blob], file.name.replace(/\.\w+$/, "") + ".jpg", { type: "image/jpeg" });
}

/* What travels: the file itself, or a smaller JPEG of it. Throws a sentence when it cannot go. */
async function prepared(file, form) {
  const { longest, most, saysHeic, saysLarge } = form.dataset;
  let going = file;
  if (isPhoto(file) && (isHeic(file) || file.size > WORTH_NARROWING)) {
    try {
      going = await narrowed(file, Number(longest));
    } catch {
      const readThere = form.elements.files.accept.includes(".heic");
      if (isHeic(file) && !readThere) throw new Error(saysHeic);
    }
  }
  if (going.size > Number(most)) throw new Error(saysLarge);
  return going;
}

function send(file, form, tell) {
  const body = new FormData(form);
  body.delete("files");
  body.append("files", file, file.name);
  return new Promise((done, fail) => {
    const request = new XMLHttpRequest();
    request.open("POST", form.action);
    request.setRequestHeader("Accept", "application/json");
    request.upload.addEventListener("progress", (event) => tell(event.loaded / event.total));
    request.addEventListener("error", () => fail(new Error(form.dataset.saysLost)));
    request.addEventListener("load", () => {
      try {
        const { refused } = JSON.parse(request.responseText);
        if (refused.length) fail(new Error(refused.join(" ")));
        else done();
      } catch {
        fail(new Error(form.dataset.saysLost));
      }
    });
    request.send(body);
  });
}

function row(file, list) {
  const item = document.createElement("li");
  const name = document.createElement("span");
  const state = document.createElement("span");
  const bar = document.createElement("progress");
  item.className = "upload-file";
  name.className = "upload-name";
  state.className = "upload-state";
  name.textContent = file.name;
  bar.max = 1;
  bar.setAttribute("aria-label", file.name);
  item.append(name, state, bar);
  list.append(item);
  return { item, state, bar };
}

async function sendAll(form) {
  const box = form.elements.files;
  const button = form.querySelector("button[type=submit]");
  const list = form.querySelector("[data-upload-list]");
  list.replaceChildren();
  button.disabled = true;
  const files = [...box.files].map((file) => ({ file, ...row(file, list) }));
  for (const { file, item, state, bar } of files) {
    try {
      state.textContent = form.dataset.saysPreparing;
      const going = await prepared(file, form);
      state.textContent = form.dataset.saysSending;
      await send(going, form, (share) => (bar.value = share));
      state.textContent = form.dataset.saysSent;
      item.dataset.state = "sent";
    } catch (refusal) {
      state.textContent = refusal.message;
      item.dataset.state = "refused";
    }
  }
  form.reset();
  button.disabled = false;
  look();
}

const shelf = () => document.querySelector("[data-pictures]");
const isWaiting = () => shelf()?.querySelector("[data-state=waiting]");

/* Put what changed on the page, keeping every word that is being typed. */
function take(fresh) {
  for (const article of fresh.children) {
    const here = document.getElementById(article.id);
    if (!here) {
      shelf().append(article.cloneNode(true));
      document.querySelector(".empty-state")?.remove();
    } else if (here.dataset.state !== article.dataset.state) {
      const next = article.cloneNode(true);
      for (const box of here.querySelectorAll("input[type=text]")) {
        const same = [...next.querySelectorAll("input[type=text]")].find((other) => other.name === box.name);
        if (same) same.value = box.value;
      }
      here.replaceWith(next);
    }
  }
}

const began = Date.now();
let asked = 0;
async function look() {
  clearTimeout(asked);
  try {
    const answer = await fetch(location.pathname + location.search, { headers: { Accept: "text/html" } });
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const fresh = page.querySelector("[data-pictures]");
    if (fresh) take(fresh);
  } catch {
    /* No network just now: the next look may see more. */
  }
  lookLater();
}

function lookLater() {
  if (isWaiting() && Date.now() - began < STOP_LOOKING_MS) asked = setTimeout(look, LOOK_AGAIN_MS);
}

for (const form of document.querySelectorAll("form[data-upload]")) {
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    sendAll(form);
  });
}

document.addEventListener("change", (event) => {
  if (!event.target.closest("[data-focus-grid]")) return;
  for (const cut of event.target.form.querySelectorAll("[data-cuts] .picture")) cut.dataset.focus = event.target.value;
});

lookLater();
