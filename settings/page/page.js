// What a page can do without, and does with a script: it shows what is typed into a
// password, copies codes, and says why a security key or passkey did not work. It adds
// nothing to the page that was not there, and sends nothing.
(() => {
  "use strict";
  const all = (selector, each) => document.querySelectorAll(selector).forEach(each);

  // The focus, for browsers that give it to fields alone.
  const wanted = document.querySelector("[autofocus]");
  if (wanted && document.activeElement === document.body) wanted.focus();

  all("[data-show]", (button) => {
    const field = document.getElementById(button.dataset.show);
    const show = button.textContent;
    const turn = (on) => {
      field.type = on ? "text" : "password";
      button.setAttribute("aria-pressed", on);
      button.textContent = on ? button.dataset.hide : show;
    };
    button.hidden = false;
    button.addEventListener("click", () => turn(field.type === "password"));
    field.form.addEventListener("submit", () => turn(false)); // browsers keep what is typed into a text
  });

  all("[data-copy]", (tools) => {
    const source = document.getElementById(tools.dataset.copy);
    const items = [...source.querySelectorAll("li")];
    const text = items.length ? items.map((item) => item.textContent + "\n").join("") : source.textContent;
    const does = {
      async copy() {
        await navigator.clipboard.writeText(text);
        tools.querySelector("[role=status]").textContent = tools.dataset.done;
      },
      download() {
        const link = document.createElement("a");
        link.href = URL.createObjectURL(new Blob([text], { type: "text/plain" }));
        link.download = location.hostname + "-codes.txt";
        link.click();
        URL.revokeObjectURL(link.href);
      },
      print() {
        document.documentElement.dataset.print = "codes";
        window.print();
        delete document.documentElement.dataset.print;
      },
    };
    tools.hidden = false;
    tools.addEventListener("click", (event) => does[event.target.dataset.tool]?.());
  });

  // Security keys and passkeys: what the page's other script does is told here.
  const said = (form) => form?.querySelector("p[data-failed]");
  const words = document.querySelector("main").dataset;
  const busy = (form, on) =>
    form.querySelectorAll("[data-amend-trigger]").forEach((button) => {
      button.setAttribute("aria-disabled", on);
      button.classList.toggle("busy", on);
    });
  document.addEventListener("click", (event) => {
    const form = event.target.closest?.("[data-amend-trigger]")?.form;
    const note = said(form);
    if (!note) return;
    note.className = "info";
    note.textContent = words.waiting;
    note.hidden = false;
    busy(form, true);
  });
  // Password managers hear of what has changed, where the browser has a way to tell them. The
  // creation options have the rest: whose credentials they are, and which are left. Without one
  // left, they are those of somebody new.
  const signal = async () => {
    const { removed, named } = words;
    const tells = window.PublicKeyCredential;
    const options = document.querySelector("[name=passkey_create_data], [name=webauthn_register_trigger]")?.value;
    if ((removed ?? named) === undefined || !tells || !options) return;
    const { rp, user, excludeCredentials = [] } = JSON.parse(options).publicKey;
    const left = excludeCredentials.map((credential) => credential.id);
    const whose = { rpId: rp.id, userId: user.id };
    if (removed !== undefined) {
      if (removed && !left.includes(removed)) await tells.signalUnknownCredential?.({ rpId: rp.id, credentialId: removed });
      if (left.length) await tells.signalAllAcceptedCredentials?.({ ...whose, allAcceptedCredentialIds: left });
    } else {
      await tells.signalCurrentUserDetails?.({ ...whose, name: user.name, displayName: user.displayName });
    }
  };
  signal().catch(() => {}); // nobody has asked for it

  document.addEventListener("amend:webauthn-error", (event) => {
    const note = said(event.target);
    if (!note) return;
    const { cancelled, known, unsupported, failed } = words;
    const by = { NotAllowedError: cancelled, AbortError: cancelled, InvalidStateError: known, NotSupportedError: unsupported, SecurityError: unsupported };
    note.className = "error";
    note.textContent = by[event.detail?.name] ?? failed;
    busy(event.target, false);
  });
})();
