// Asks the browser for a passkey (data-passkey="create" or "get") and sends the form with the answer.
"use strict";
(() => {
  const form = document.querySelector("form[data-passkey]");
  if (!form) return;
  const waiting = form.querySelector("[data-passkey-wait]");
  const failed = form.querySelector("[data-passkey-failed]");

  const bytes = (text) =>
    Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (sign) => sign.charCodeAt(0));
  const base64 = (buffer) =>
    btoa(String.fromCharCode(...new Uint8Array(buffer))).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
  const keys = (list) => (list || []).map((key) => ({ ...key, id: bytes(key.id) }));

  async function ask() {
    const options = JSON.parse(form.dataset.options);
    options.challenge = bytes(options.challenge);
    if (form.dataset.passkey === "create") {
      options.user.id = bytes(options.user.id);
      options.excludeCredentials = keys(options.excludeCredentials);
      const made = await navigator.credentials.create({ publicKey: options });
      return {
        id: made.id,
        rawId: base64(made.rawId),
        type: made.type,
        response: {
          attestationObject: base64(made.response.attestationObject),
          clientDataJSON: base64(made.response.clientDataJSON),
          transports: made.response.getTransports ? made.response.getTransports() : [],
        },
        extensions: JSON.stringify(made.getClientExtensionResults()),
      };
    }
    options.allowCredentials = keys(options.allowCredentials);
    const given = await navigator.credentials.get({ publicKey: options });
    return {
      id: given.id,
      rawId: base64(given.rawId),
      type: given.type,
      response: {
        authenticatorData: base64(given.response.authenticatorData),
        clientDataJSON: base64(given.response.clientDataJSON),
        signature: base64(given.response.signature),
        userHandle: given.response.userHandle ? base64(given.response.userHandle) : null,
      },
    };
  }

  async function start() {
    failed.hidden = true;
    waiting.hidden = false;
    try {
      form.elements.credential.value = JSON.stringify(await ask());
      form.submit();
    } catch {
      waiting.hidden = true;
      failed.hidden = false;
    }
  }

  form.querySelector("[data-passkey-start]").addEventListener("click", start);
  start();
})();
