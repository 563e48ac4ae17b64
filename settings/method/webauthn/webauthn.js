// Registers and uses security keys and passkeys: it takes the options that a
// form has, asks the browser for a credential, puts it into the form as JSON and
// submits it. It has no state besides, adds nothing to the page, and works under
// a Content-Security-Policy that allows it by origin, hash or nonce.
(() => {
  "use strict";

  // The functions by which a form's buttons call it. `options` is the field that
  // has the options, `result` the one that takes the credential.
  const ceremonies = {
    oryWebAuthnRegistration: { make: "create", options: "webauthn_register_trigger", result: "webauthn_register" },
    oryPasskeySettingsRegistration: { make: "create", options: "passkey_create_data", result: "passkey_settings_register" },
    oryWebAuthnLogin: { make: "get", options: "webauthn_login_trigger", result: "webauthn_login" },
    oryPasskeyLogin: { make: "get", options: "passkey_challenge", result: "passkey_login" },
  };
  if (Object.hasOwn(window, "oryWebAuthnRegistration")) return; // a form may name the script twice

  const toBytes = (text) =>
    Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (c) => c.charCodeAt(0));

  const toText = (buffer) => {
    let binary = "";
    for (const byte of new Uint8Array(buffer)) binary += String.fromCharCode(byte);
    return btoa(binary).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
  };

  // The JSON form of options and credentials is that of the standard
  // (Web Authentication Level 3, sections 5.1.8 to 5.1.10). It is read and written
  // here, because not every browser does it, and some extensions break what does.
  const read = (json) => {
    const options = typeof json === "string" ? JSON.parse(json) : structuredClone(json);
    const { publicKey } = options;
    publicKey.challenge = toBytes(publicKey.challenge);
    if (publicKey.user) publicKey.user.id = toBytes(publicKey.user.id);
    for (const list of ["excludeCredentials", "allowCredentials"]) {
      for (const credential of publicKey[list] ?? []) credential.id = toBytes(credential.id);
    }
    return { publicKey };
  };

  const write = (credential) => {
    const { response } = credential;
    const json = {
      id: credential.id,
      rawId: toText(credential.rawId),
      type: credential.type,
      authenticatorAttachment: credential.authenticatorAttachment ?? undefined,
      clientExtensionResults: {}, // none are asked for
      response: { clientDataJSON: toText(response.clientDataJSON) },
    };
    if (response.attestationObject) {
      json.response.attestationObject = toText(response.attestationObject);
      json.response.transports = response.getTransports?.() ?? [];
    } else {
      json.response.authenticatorData = toText(response.authenticatorData);
      json.response.signature = toText(response.signature);
      if (response.userHandle) json.response.userHandle = toText(response.userHandle);
    }
    return JSON.stringify(json);
  };

  const field = (form, name) => (form ?? document).querySelector(`[name="${name}"]`);

  let underWay = false; // a browser shows one at a time

  const run = async (ceremony, options, form) => {
    if (underWay) return;
    underWay = true;
    const result = field(form, ceremony.result);
    try {
      if (!window.PublicKeyCredential) throw new DOMException("This browser has no WebAuthn.", "NotSupportedError");
      const source = options || field(form, ceremony.options).value;
      const credential = await navigator.credentials[ceremony.make](read(source));
      result.value = write(credential);
      // As if no script were there: whoever listens for "submit" would send it
      // otherwise, and a field called "submit" would hide the function.
      HTMLFormElement.prototype.submit.call(result.form);
    } catch (error) {
      const event = new CustomEvent("amend:webauthn-error", { bubbles: true, detail: error });
      (result?.form ?? document).dispatchEvent(event);
    } finally {
      underWay = false;
    }
  };

  // For UI kits, which call a function by its name. It takes the options, as text
  // or object, or finds them in the page.
  for (const [name, ceremony] of Object.entries(ceremonies)) {
    window[name] = (options) => run(ceremony, options, null);
  }

  // For pages without one: <button type="button" data-amend-trigger="…">.
  document.addEventListener("click", (event) => {
    const button = event.target.closest?.("[data-amend-trigger]");
    const name = button?.dataset.amendTrigger;
    if (name && Object.hasOwn(ceremonies, name)) run(ceremonies[name], button.value, button.form);
  });
})();
