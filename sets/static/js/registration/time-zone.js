// The browser's own time zone, for dates in mails. Without it, the country's zone is taken.
"use strict";
try {
  const field = document.querySelector("#registration [name=time_zone]");
  if (field && !field.value) field.value = Intl.DateTimeFormat().resolvedOptions().timeZone || "";
} catch { /* an old browser: nothing is asked, nothing is lost */ }
