// SPDX-License-Identifier: Apache-2.0
// The officers' portal: files are sent one by one, and a new request as JSON, so that nothing filled in is ever lost.
// @ts-check

const LARGEST = 25 * 1024 * 1024;
const UNSEEN = "wrong_network";

/** A sentence of the page by the code of an error. @param {HTMLElement} place @param {string} code */
function sentence(place, code) {
  const known = JSON.parse(place.dataset.errors ?? "{}");
  return known[code] ?? known.wrong ?? "";
}

/** Send it; what came back, or the code of what went wrong.
 * @param {string} path @param {BodyInit} body @param {string} type @returns {Promise<{found?: any, code?: string}>} */
async function send(path, body, type) {
  try {
    const answer = await fetch(path, { method: "POST", body, headers: { "content-type": type }, redirect: "error" });
    const found = await answer.json();
    return answer.ok ? { found } : { code: found.code };
  } catch {
    return { code: UNSEEN };
  }
}

/** @param {string} name @param {string} [text] @param {string} [kind] */
function element(name, text = "", kind = "") {
  const made = document.createElement(name);
  made.textContent = text;
  if (kind) made.className = kind;
  return made;
}

/** @param {number} size */
const written = (size) => (size < 1024 ? `${size} B` : size < 1048576 ? `${(size / 1024).toFixed(0)} KB` : `${(size / 1048576).toFixed(1)} MB`);

/** The files of one place: sent as they are chosen. @param {HTMLElement} box */
function uploads(box) {
  const chosen = /** @type {HTMLInputElement} */ (box.querySelector("input[type=file]"));
  const list = /** @type {HTMLElement} */ (box.querySelector("ul"));
  const status = /** @type {HTMLElement} */ (box.querySelector("[role=status]"));
  /** @type {Map<string, string>} */
  const sent = new Map();
  /** @type {Promise<void>} */
  let line = Promise.resolve();

  /** @param {any} found */
  function shown(found) {
    const item = element("li");
    const name = element("span");
    name.append(element("b", found.name), element("span", written(found.size), "fine"));
    const remove = element("button", box.dataset.remove ?? "", "btn");
    remove.setAttribute("type", "button");
    remove.setAttribute("aria-label", `${box.dataset.remove} ${found.name}`);
    remove.addEventListener("click", () => {
      sent.delete(found.id);
      item.remove();
      status.textContent = "";
      chosen.focus();
    });
    item.append(name, remove);
    list.append(item);
  }

  /** @param {File} file */
  async function one(file) {
    const most = Number(box.dataset.most);
    const fault = sent.size >= most ? "request_too_long" : file.size > LARGEST ? "body_too_large" : file.size === 0 ? "document_empty" : "";
    if (fault) return void (status.textContent = `${file.name}: ${sentence(box, fault)}`);
    status.textContent = (box.dataset.sending ?? "").replace("{name}", file.name);
    const name = encodeURIComponent(file.name.slice(-200));
    const { found, code } = await send(`/portal/documents?name=${name}`, file, "application/octet-stream");
    if (!found) return void (status.textContent = `${file.name}: ${sentence(box, code ?? "")}`);
    sent.set(found.id, found.name);
    shown(found);
    status.textContent = (box.dataset.sent ?? "").replace("{name}", file.name);
  }

  chosen.addEventListener("change", () => {
    for (const file of chosen.files ?? []) line = line.then(() => one(file));
    chosen.value = "";
  });
  return { ids: async () => (await line, [...sent.keys()]) };
}

/** A form whose documents go along as ids. @param {HTMLFormElement} form */
function withDocuments(form) {
  const box = form.querySelector("[data-upload]");
  if (!(box instanceof HTMLElement)) return;
  const files = uploads(box);
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const field = form.elements.namedItem("documents");
    if (field instanceof HTMLInputElement) field.value = (await files.ids()).join(" ");
    form.submit();
  });
}

/** The value of a field. @param {string} id */
const value = (id) => /** @type {HTMLInputElement} */ (document.getElementById(id)).value.trim();

/** Days of the calendar as ms, the last one included. */
function period() {
  const [start, end] = [value("start"), value("end")];
  if (!start && !end) return null;
  const to = end ? Date.parse(`${end}T00:00:00Z`) + 86_400_000 : Date.now();
  return { start: start ? Date.parse(`${start}T00:00:00Z`) : 0, end: to };
}

/** One more row for whom a request is about. @param {HTMLElement} people */
function another(people) {
  const row = /** @type {HTMLElement} */ (people.firstElementChild?.cloneNode(true));
  for (const field of row.querySelectorAll("input")) field.value = "";
  const remove = element("button", people.dataset.remove ?? "", "btn");
  remove.setAttribute("type", "button");
  remove.addEventListener("click", () => {
    const before = row.previousElementSibling?.querySelector("input");
    row.remove();
    before?.focus();
  });
  row.append(remove);
  people.append(row);
  row.querySelector("select")?.focus();
}

/** A new request. @param {HTMLFormElement} form */
function asking(form) {
  const people = /** @type {HTMLElement} */ (document.getElementById("identifiers"));
  const said = /** @type {HTMLElement} */ (form.querySelector(".su__error"));
  const button = /** @type {HTMLButtonElement} */ (form.querySelector("button[type=submit]"));
  const kind = /** @type {HTMLSelectElement} */ (document.getElementById("type"));
  const note = /** @type {HTMLElement} */ (document.getElementById("type-note"));
  const files = uploads(/** @type {HTMLElement} */ (form.querySelector("[data-upload]")));
  const idle = button.textContent;
  let busy = false;
  kind.addEventListener("change", () => (note.hidden = kind.value !== "emergency"));
  document.getElementById("add")?.addEventListener("click", () => another(people));

  async function given() {
    const rows = [...people.children].map((row) => ({ kind: row.querySelector("select")?.value ?? "", value: row.querySelector("input")?.value.trim() ?? "" }));
    const chosen = [...form.querySelectorAll("#categories input:checked")];
    return {
      ...{ once: form.dataset.once, about: form.dataset.about, type: kind.value, case_number: value("case"), legal_basis: value("basis") },
      ...{ identifiers: rows.filter((row) => row.value), categories: chosen.map((each) => /** @type {HTMLInputElement} */ (each).value) },
      ...{ window: period(), documents: await files.ids(), delivery_key: value("key"), note: value("note"), language: value("language") },
    };
  }

  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    if (busy) return;
    busy = true;
    said.hidden = true;
    button.textContent = button.dataset.busy ?? "";
    const { found, code } = await send(`/portal/requests${form.dataset.tail}`, JSON.stringify(await given()), "application/json");
    if (found) return location.assign(found.href);
    busy = false;
    button.textContent = idle;
    said.textContent = sentence(form, code ?? "");
    said.hidden = false;
    said.scrollIntoView({ block: "nearest" });
  });
}

// What was just done is told once, not again when the page is read again.
const here = new URL(location.href);
if (here.searchParams.has("done")) {
  here.searchParams.delete("done");
  history.replaceState(null, "", here);
}

const request = document.getElementById("request");
if (request instanceof HTMLFormElement) asking(request);
for (const form of document.querySelectorAll("form[data-documents]")) if (form instanceof HTMLFormElement) withDocuments(form);
