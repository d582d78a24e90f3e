"use strict";
// The page around the check. Everything that decides is in the WebAssembly; this hands it the files and shows what it says.
(() => {
  const FILES_MAX = 256;
  const FILE_BYTES_MAX = 8 << 20;
  const ALL_BYTES_MAX = 64 << 20;
  const FINGERPRINT_DIGITS = 32;

  const root = document.documentElement;
  const byId = (id) => document.getElementById(id);
  const files = [];
  let loaded = null;
  let newest = 0;

  const bytesOf = (base64) => Uint8Array.from(atob(base64.trim()), (character) => character.charCodeAt(0));

  // One of the sentences in the page, where a screen reader hears of it.
  function say(name, mood) {
    document.body.className = mood;
    byId("state").replaceChildren(byId("say-" + name).content.cloneNode(true));
  }

  function canRun() {
    return typeof WebAssembly === "object" && typeof DecompressionStream === "function";
  }

  async function load() {
    const packed = new Blob([bytesOf(byId("verifier").textContent)]);
    const unpacked = packed.stream().pipeThrough(new DecompressionStream("deflate"));
    return WebAssembly.compile(await new Response(unpacked).arrayBuffer());
  }

  // A request: each part behind its length in four bytes, the lowest first.
  function request() {
    const text = new TextEncoder();
    const typed = ["fingerprint", "number", "code"].map((id) => byId(id).value);
    const parts = [root.lang === "en" ? "en" : "zh", today(), ...typed].map((part) => text.encode(part));
    for (const file of files) {
      parts.push(text.encode(file.name), file.bytes);
    }
    const bytes = new Uint8Array(parts.reduce((sum, part) => sum + 4 + part.length, 0));
    const view = new DataView(bytes.buffer);
    let at = 0;
    for (const part of parts) {
      view.setUint32(at, part.length, true);
      bytes.set(part, at + 4);
      at += 4 + part.length;
    }
    return bytes;
  }

  // The day in China, by which statements are dated, wherever the reader is.
  function today() {
    const now = new Date(Date.now() + 8 * 60 * 60 * 1000);
    return now.toISOString().slice(0, 10);
  }

  // A fresh instance for each check: nothing of one is left for the next.
  async function run(bytes) {
    loaded = loaded || load();
    const { exports } = await WebAssembly.instantiate(await loaded, {});
    const room = exports.yizhang_room(bytes.length);
    new Uint8Array(exports.memory.buffer).set(bytes, room);
    const answer = exports.yizhang_check();
    const length = new DataView(exports.memory.buffer).getUint32(answer, true);
    if (length === 0) {
      throw new Error("the request was not understood");
    }
    return new TextDecoder().decode(new Uint8Array(exports.memory.buffer, answer + 4, length));
  }

  async function check() {
    newest += 1;
    const mine = newest;
    // Nothing that was shown before stands while something else is checked.
    byId("report").replaceChildren();
    if (!canRun()) {
      return say("cannot", "stopped");
    }
    if (files.length === 0) {
      return say("waiting", "");
    }
    say("checking", "checking");
    try {
      // The browser shows that it checks before it does.
      await new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve, 0)));
      const html = await run(request());
      if (mine === newest) {
        show(html);
      }
    } catch {
      if (mine === newest) {
        say("broken", "stopped");
      }
    }
  }

  // Every text in this HTML was escaped where it was made.
  function show(html) {
    byId("report").innerHTML = html;
    document.body.className = "done";
    byId("state").textContent = byId("report").firstElementChild.dataset.said;
  }

  async function add(chosen) {
    for (const file of chosen) {
      const held = files.reduce((sum, { bytes }) => sum + bytes.length, file.size);
      if (files.length === FILES_MAX || held > ALL_BYTES_MAX) {
        list();
        return say("many", "stopped");
      }
      const bytes = new Uint8Array(await file.slice(0, FILE_BYTES_MAX + 1).arrayBuffer());
      files.push({ name: file.name, bytes });
    }
    list();
    check();
  }

  function list() {
    byId("chosen").replaceChildren(...files.map((file, at) => {
      const item = document.createElement("li");
      const name = document.createElement("span");
      name.textContent = file.name;
      name.id = "name-" + at;
      const button = document.createElement("button");
      button.type = "button";
      button.append(byId("say-remove").content.cloneNode(true));
      button.setAttribute("aria-describedby", name.id);
      button.addEventListener("click", () => {
        files.splice(at, 1);
        list();
        check();
        byId("files").focus();
      });
      item.append(name, button);
      return item;
    }));
  }

  function speak(language) {
    root.lang = language === "en" ? "en" : "zh-CN";
    for (const button of document.querySelectorAll("[data-language]")) {
      button.setAttribute("aria-pressed", String(button.dataset.language === language));
    }
    check();
  }

  function listen() {
    byId("files").addEventListener("change", (event) => {
      const chosen = [...event.target.files];
      event.target.value = "";
      add(chosen);
    });
    for (const id of ["fingerprint", "number", "code"]) {
      byId(id).addEventListener("change", check);
    }
    byId("fingerprint").addEventListener("input", (event) => {
      const digits = event.target.value.replace(/[^0-9A-Fa-f]/g, "").length;
      if (digits === 0 || digits >= FINGERPRINT_DIGITS) {
        check();
      }
    });
    for (const button of document.querySelectorAll("[data-language]")) {
      button.addEventListener("click", () => speak(button.dataset.language));
    }
    for (const kind of ["dragenter", "dragover"]) {
      document.addEventListener(kind, (event) => {
        event.preventDefault();
        root.classList.add("dropping");
      });
    }
    document.addEventListener("dragleave", () => root.classList.remove("dropping"));
    document.addEventListener("drop", (event) => {
      event.preventDefault();
      root.classList.remove("dropping");
      add([...event.dataTransfer.files]);
    });
  }

  for (const element of document.querySelectorAll("script[data-file]")) {
    files.push({ name: element.dataset.file, bytes: bytesOf(element.textContent) });
  }
  listen();
  list();
  speak((navigator.language || "zh").startsWith("zh") ? "zh" : "en");
})();
