// Shows a question only while the answer that it depends on is given. The server decides; without this, hints tell.
"use strict";
const parts = [...document.querySelectorAll("[data-if]")];
const given = (name) => [...document.querySelectorAll(`[name="${CSS.escape(name)}"]`)]
  .filter((input) => input.checked && !input.closest("[data-if][hidden]")).map((input) => input.value);
// In the order of the page: a question that is hidden gives no answer to those after it.
const look = () => parts.forEach((part) => {
  const values = part.dataset.values.split(" ");
  part.hidden = !given(part.dataset.if).some((value) => values.includes(value)) && !part.querySelector(".error");
});
document.querySelectorAll(".only-if").forEach((words) => {
  const hint = words.closest(".hint");
  words.hidden = true;
  if (hint && hint.textContent.trim() === words.textContent.trim()) hint.hidden = true;
});
document.addEventListener("change", look);
look();
