// Passkeys: the one thing for which a page needs a script. Everything is checked by the node.
'use strict';
(() => {
  const bytes = (text) => Uint8Array.from(atob(text.replace(/-/g, '+').replace(/_/g, '/')), (c) => c.charCodeAt(0));
  const text = (buffer) => btoa(String.fromCharCode(...new Uint8Array(buffer))).replace(/\+/g, '-').replace(/\//g, '_').replace(/=+$/, '');
  const fault = document.getElementById('passkey-fault');

  const ask = async (address, message) => {
    const answer = await fetch(address, {
      method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(message), credentials: 'same-origin',
    });
    const told = await answer.json();
    if (!answer.ok) throw new Error(told.text || '');
    return told;
  };

  const open = async () => {
    const asked = await ask('/passkey/challenge', {});
    const found = await navigator.credentials.get({ publicKey: {
      challenge: bytes(asked.challenge), rpId: asked.relying_party, userVerification: 'required', timeout: 240000,
    } });
    return ask('/passkey/open', {
      nonce: asked.nonce,
      name: text(found.response.userHandle || new ArrayBuffer(0)),
      client_data: text(found.response.clientDataJSON),
      authenticator_data: text(found.response.authenticatorData),
      signature: text(found.response.signature),
    });
  };

  const bind = async (token) => {
    const asked = await ask('/passkey/new', { token });
    const made = await navigator.credentials.create({ publicKey: {
      challenge: bytes(asked.challenge),
      rp: { id: asked.relying_party, name: asked.label },
      user: { id: bytes(asked.name), name: asked.label, displayName: asked.label },
      pubKeyCredParams: [{ type: 'public-key', alg: -7 }],
      authenticatorSelection: { residentKey: 'required', requireResidentKey: true, userVerification: 'required' },
      attestation: 'none', timeout: 240000,
    } });
    return ask('/passkey/bind', {
      token,
      nonce: asked.nonce,
      name: asked.name,
      client_data: text(made.response.clientDataJSON),
      authenticator_data: text(made.response.getAuthenticatorData()),
    });
  };

  const offer = (id, deed) => {
    const button = document.getElementById(id);
    if (!button || !window.PublicKeyCredential) return;
    document.getElementById('passkey-none').hidden = true;
    button.hidden = false;
    button.addEventListener('click', async () => {
      button.disabled = true;
      fault.hidden = true;
      try {
        const told = await deed(button.dataset.token);
        location.assign(told.to);
      } catch (error) {
        // What a browser says of it is for engineers; what the portal says is for whoever reads.
        fault.textContent = error instanceof DOMException || !error.message ? button.dataset.failed : error.message;
        fault.hidden = false;
        button.disabled = false;
      }
    });
  };

  offer('passkey-open', open);
  offer('passkey-bind', bind);
})();

// The month that a slider stands at; without a script the page says it after the form is sent.
(() => {
  const slider = document.getElementById('later');
  const shown = document.getElementById('later-month');
  if (!slider || !shown) return;
  slider.addEventListener('input', () => {
    const [year, month] = slider.dataset.first.split('-').map(Number);
    const count = year * 12 + month - 1 + Number(slider.value);
    const text = slider.dataset.text.replace('{y}', Math.floor(count / 12)).replace('{m}', count % 12 + 1);
    shown.textContent = text;
    slider.setAttribute('aria-valuetext', text);
  });
})();
