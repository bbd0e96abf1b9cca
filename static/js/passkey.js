/* Lets the device make or show a passkey, and sends its answer with the form as any other form.
   The button is hidden where the device has none, or the site's address is a number. */

const bytes = (text) =>
  Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (sign) => sign.charCodeAt(0));
const text = (buffer) =>
  btoa(String.fromCharCode(...new Uint8Array(buffer)))
    .replaceAll("+", "-")
    .replaceAll("/", "_")
    .replaceAll("=", "");

function understood(options) {
  const known = (list) => (list ?? []).map((one) => ({ ...one, id: bytes(one.id) }));
  const said = { ...options, challenge: bytes(options.challenge) };
  if (options.user) said.user = { ...options.user, id: bytes(options.user.id) };
  if (options.excludeCredentials) said.excludeCredentials = known(options.excludeCredentials);
  if (options.allowCredentials) said.allowCredentials = known(options.allowCredentials);
  return said;
}

function written(key) {
  const response = { clientDataJSON: text(key.response.clientDataJSON) };
  for (const name of ["attestationObject", "authenticatorData", "signature", "userHandle"]) {
    if (key.response[name]) response[name] = text(key.response[name]);
  }
  return JSON.stringify({
    id: key.id,
    rawId: text(key.rawId),
    type: key.type,
    response,
    clientExtensionResults: key.getClientExtensionResults(),
  });
}

async function ask(form) {
  const answer = await fetch(form.dataset.options, {
    method: "POST",
    headers: { "X-CSRFToken": form.elements.csrf_token.value },
  });
  if (answer.status === 401) {
    location.assign(form.dataset.again);
    return;
  }
  if (!answer.ok) throw new Error(answer.status);
  const publicKey = understood(await answer.json());
  const key = await navigator.credentials[form.dataset.passkey]({ publicKey });
  form.elements.answer.value = written(key);
  form.submit();
}

// A passkey belongs to a name: 127.0.0.1 and [::1] have none, localhost is one.
const hasName = !/^[\d.]+$|:/.test(location.hostname);
if (window.PublicKeyCredential && window.isSecureContext && hasName) {
  for (const form of document.querySelectorAll("form[data-passkey]")) {
    form.hidden = false;
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      const problem = form.querySelector("[data-problem]");
      problem.hidden = true;
      ask(form).catch(() => {
        problem.hidden = false;
      });
    });
  }
}
