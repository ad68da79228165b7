// What all cards share; it stands before the script of each kind.

function make(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value !== null && value !== false) element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children);
  return element;
}

// JupyterLab takes arrows, Enter and letters for its cells, unless what has the focus says this.
const OWN_KEYS = { "data-lm-suppress-shortcuts": "true" };

// The fonts come from the kernel once for a page: no address, and so nothing that could be blocked.
function loadFonts(model) {
  if (globalThis.lectureFonts) return;
  globalThis.lectureFonts = true;
  model.on("msg:custom", (message, buffers) => {
    (message.fonts ?? []).forEach((weight, k) => {
      document.fonts.add(new FontFace("IBM Plex Sans", buffers[k], { weight: String(weight) }));
    });
  });
  model.send({ want: "fonts" });
}

