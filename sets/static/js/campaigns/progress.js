// Shows how far a campaign is without loading the page again. Without a script the page loads itself anew.
"use strict";
(() => {
  const shown = document.getElementById("progress");
  if (!shown) return;
  const look = async () => {
    if (document.hidden) return;
    try {
      const answer = await fetch(location.href, { credentials: "same-origin" });
      if (!answer.ok || answer.redirected) return;
      const fresh = new DOMParser().parseFromString(await answer.text(), "text/html").getElementById("progress");
      if (!fresh) return;
      shown.replaceChildren(...fresh.childNodes);
      if (fresh.dataset.moving === shown.dataset.moving) return;
      clearInterval(timer);
      // The buttons are others now; whoever is typing a date is left alone.
      if (!document.activeElement || !document.activeElement.matches("input")) location.reload();
    } catch { /* the network is away for a moment: the next look tells */ }
  };
  const timer = setInterval(look, 4000);
})();
