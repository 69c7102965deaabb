// SPDX-License-Identifier: Apache-2.0
// Passkeys on the step-up and enrolment pages. Codes work without this file.
// @ts-check

/** @param {ArrayBuffer} data */
const b64 = (data) => btoa(String.fromCharCode(...new Uint8Array(data))).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
/** @param {string} text */
const raw = (text) => Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (sign) => sign.charCodeAt(0));
/** @param {any[]} list */
const ids = (list) => (list ?? []).map((one) => ({ ...one, id: raw(one.id) }));

/** Options as the browser takes them. @param {any} json @param {boolean} create */
function read(json, create) {
  const same = { ...json, challenge: raw(json.challenge) };
  if (!create) return { ...same, allowCredentials: ids(json.allowCredentials) };
  return { ...same, user: { ...json.user, id: raw(json.user.id) }, excludeCredentials: ids(json.excludeCredentials) };
}

/** The answer as JSON (WebAuthn Level 3, 5.1). @param {any} found */
function write(found) {
  if (typeof found.toJSON === "function") return found.toJSON();
  const { response } = found;
  const made = { clientDataJSON: b64(response.clientDataJSON) };
  for (const name of ["attestationObject", "authenticatorData", "signature", "userHandle"])
    if (response[name]) Object.assign(made, { [name]: b64(response[name]) });
  return { id: found.id, rawId: found.id, type: found.type, response: made, clientExtensionResults: {} };
}

/** @param {string} name */
function say(name) {
  const box = document.getElementById("failed");
  if (!box) return;
  box.textContent = box.dataset[name] ?? "";
  box.hidden = false;
}

const form = document.getElementById("passkey");
if (form instanceof HTMLFormElement) {
  const create = form.dataset.create !== undefined;
  const begun = Date.now();
  let busy = false;
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    if (busy) return;
    if (!("credentials" in navigator) || !("PublicKeyCredential" in window)) return say("unknown");
    if (Date.now() - begun > 280_000) return form.dataset.again ? location.assign(form.dataset.again) : location.reload(); // the challenge lives five minutes
    const json = JSON.parse((create ? form.dataset.create : form.dataset.get) ?? "{}");
    busy = true;
    try {
      const publicKey = read(json, create);
      const found = create ? await navigator.credentials.create({ publicKey }) : await navigator.credentials.get({ publicKey });
      const answer = JSON.stringify({ challenge: json.challenge, response: write(found) });
      const field = form.elements.namedItem(create ? "secret" : "answer");
      if (field instanceof HTMLInputElement) field.value = answer;
      form.submit();
    } catch {
      busy = false;
      say("cancelled");
    }
  });
}
