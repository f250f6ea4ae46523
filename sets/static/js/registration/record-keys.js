// J and K open the next and the previous record of the list. Without it, the links do.
"use strict";
document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.target.closest("input, textarea, select")) return;
  const link = document.querySelector({ j: "a[rel=next]", k: "a[rel=prev]" }[event.key] || "none");
  if (link) link.click();
});
