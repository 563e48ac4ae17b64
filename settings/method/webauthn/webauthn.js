// Registers and uses security keys and passkeys: it takes the options that a
// form has, asks the browser for a credential, puts it into the form as JSON and
// submits it. It adds nothing to the page, and works under a Content-Security-Policy
// that allows it by origin, hash or nonce. An element [data-amend-failed] of a form is
// shown when nothing came of its button.
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
  let offered; // what ends the offer of passkeys, while there is one

  // ask has the browser ask for a credential, and sends the form with it.
  const ask = async (ceremony, options, form, how) => {
    const result = field(form, ceremony.result);
    const source = options || field(form, ceremony.options).value;
    const credential = await navigator.credentials[ceremony.make]({ ...read(source), ...how });
    result.value = write(credential);
    // As if no script were there: whoever listens for "submit" would send it
    // otherwise, and a field called "submit" would hide the function.
    HTMLFormElement.prototype.submit.call(result.form);
  };

  const run = async (ceremony, options, form) => {
    if (underWay) return;
    underWay = true;
    offered?.abort(); // it would be in the way
    try {
      if (!window.PublicKeyCredential) throw new DOMException("This browser has no WebAuthn.", "NotSupportedError");
      await ask(ceremony, options, form);
    } catch (error) {
      const event = new CustomEvent("amend:webauthn-error", { bubbles: true, detail: error });
      const place = field(form, ceremony.result)?.form ?? document;
      place.dispatchEvent(event);
      place.querySelector("[data-amend-failed]")?.removeAttribute("hidden");
      offerAll();
    } finally {
      underWay = false;
    }
  };

  // offer has the browser list passkeys where a user name is typed, in a field with
  // autocomplete="username webauthn" (Web Authentication Level 3, conditional
  // mediation). Nobody has asked for it, so nobody is told if nothing comes of it.
  const offer = async (ceremony, options, form) => {
    const end = new AbortController();
    offered?.abort();
    offered = end;
    try {
      if (!(await window.PublicKeyCredential?.isConditionalMediationAvailable?.()) || end.signal.aborted) return;
      await ask(ceremony, options, form, { mediation: "conditional", signal: end.signal });
    } catch {
      // chosen by a button, called off, or not to be had
    }
  };

  // For UI kits, which call a function by its name. It takes the options, as text
  // or object, or finds them in the page.
  for (const [name, ceremony] of Object.entries(ceremonies)) {
    window[name] = (options) => run(ceremony, options, null);
  }
  const autocomplete = "oryPasskeyLoginAutocompleteInit";
  window[autocomplete] = (options) => offer(ceremonies.oryPasskeyLogin, options, null);

  // For pages without one: <button type="button" data-amend-trigger="…">, and
  // <form data-amend-load="oryPasskeyLoginAutocompleteInit">.
  document.addEventListener("click", (event) => {
    const button = event.target.closest?.("[data-amend-trigger]");
    const name = button?.dataset.amendTrigger;
    if (name && Object.hasOwn(ceremonies, name)) run(ceremonies[name], button.value, button.form);
  });

  const offering = () => document.querySelector(`form[data-amend-load="${autocomplete}"]`);
  const offerAll = () => {
    const form = offering();
    if (form) offer(ceremonies.oryPasskeyLogin, "", form);
  };
  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", offerAll);
  else offerAll();

  // A challenge is good for five minutes. A login that somebody comes back to after
  // that gets a new one, unless they have begun to type.
  const loaded = Date.now();
  const typed = (input) => input.type !== "hidden" && input.value !== input.defaultValue;
  document.addEventListener("visibilitychange", () => {
    const old = document.visibilityState === "visible" && Date.now() - loaded > 4 * 60 * 1000;
    if (old && offering() && ![...document.querySelectorAll("input")].some(typed)) location.replace(location.href);
  });
})();
