// Saves the text being written as a draft, a moment after each pause. Without it, the button saves.
"use strict";
const form = document.querySelector("#text");
const note = document.querySelector("#saved");
let timer = 0;
let saving = null;
let stopped = false;

async function save() {
  try {
    const answer = await fetch(form.action, {
      method: "POST", body: new URLSearchParams(new FormData(form)), headers: { Accept: "application/json" },
    });
    const told = await answer.json();
    if (told.revision) form.elements.revision.value = told.revision;
    note.textContent = told.words;
    // Somebody else saved this text: the button shows both, and asks.
    stopped = answer.status === 409;
  } catch {
    note.textContent = note.dataset.failed;
  }
}

if (form && note && window.fetch) {
  form.addEventListener("input", () => {
    clearTimeout(timer);
    if (stopped) return;
    timer = setTimeout(async () => {
      await saving;
      if (stopped) return;
      saving = save();
      await saving;
      saving = null;
    }, 2000);
  });
  form.addEventListener("submit", async (event) => {
    const button = event.submitter;
    clearTimeout(timer);
    stopped = true;
    if (!saving) return;
    // What is being saved in the background comes first, or it would look like somebody else's.
    event.preventDefault();
    await saving;
    saving = null;
    form.requestSubmit(button);
  });
}
