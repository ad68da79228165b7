// The front end of an explorable, one for every place: in a live notebook the kernel answers a move,
// in a deck or on a page the states were computed beforehand. Either way `ask(at)` asks for the state
// in which control k stands at its value number at[k], and `show(frame)` shows what came back.

const ALOUD_AFTER = 400; // ms of rest before the sentence is read aloud
const WAITING_AFTER = 1500; // ms without an answer before the reader is told so
const STEP = 500; // ms for each step of a play
const KEPT = 64; // states that a card remembers, some 20 KB each
const ANSWER = ["backdrop", "layers", "says", "fault", "answered"]; // what the kernel sends
const SVG = "http://www.w3.org/2000/svg";

let cards = 0;

const put = (list, k, value) => list.map((old, i) => (i === k ? value : old));

// -- a control ----------------------------------------------------------------------------------

function control(spec, moved) {
  if (spec.values.length < 2) return standing(spec);
  return { slider, menu, switch: toggle }[spec.kind](spec, moved);
}

function slider(spec, moved) {
  const input = make("input", {
    type: "range", min: 0, max: spec.labels.length - 1, step: 1, "aria-label": spec.name,
    ...OWN_KEYS,
  });
  const value = make("b");
  input.addEventListener("input", () => moved(Number(input.value)));
  const set = (k) => {
    input.value = k;
    value.textContent = spec.labels[k];
    input.setAttribute("aria-valuetext", spec.labels[k]);
  };
  return { element: make("label", { class: "slider" }, make("span", {}, spec.name), value, input), set };
}

function menu(spec, moved) {
  const select = make("select", { "aria-label": spec.name, ...OWN_KEYS });
  const homes = (spec.groups ?? []).flatMap(([label, size]) => (
    Array(size).fill(make("optgroup", { label }))));
  select.append(...new Set(homes));
  for (const k of spec.values) {
    (homes[k] ?? select).append(make("option", { value: k }, spec.labels[k]));
  }
  select.addEventListener("change", () => moved(Number(select.value)));
  const set = (k) => { select.value = k; };
  return { element: make("label", { class: "menu" }, make("span", {}, spec.name), select), set };
}

function toggle(spec, moved) {
  const box = make("input", { type: "checkbox", role: "switch", ...OWN_KEYS });
  box.addEventListener("change", () => moved(Number(box.checked)));
  const set = (k) => { box.checked = k === 1; };
  return { element: make("label", { class: "switch" }, box, make("span", {}, spec.name)), set };
}

// A control that cannot be moved here: its name and its value.
function standing(spec) {
  const value = make("b");
  const set = (k) => { value.textContent = spec.labels[k]; };
  return { element: make("p", { class: "standing" }, make("span", {}, spec.name), value), set };
}

// Presets as a menu, where buttons would take too much room. It names the one whose unmoved controls
// stand as they do now, and none if there is no such one.
function presets(spec, choose) {
  const words = spec.presets.map((preset) => preset.words);
  const places = spec.presets.map((preset) => preset.at);
  if (!places.some((at) => at.join() === spec.start.join())) {
    words.unshift("the start");
    places.unshift(spec.start);
  }
  const values = words.map((_, k) => k);
  const { element } = menu({ name: "setting", labels: words, values }, (k) => choose(places[k]));
  const still = spec.controls.flatMap((c, k) => (c.values.length < 2 ? [k] : []));
  const find = (now) => places.findIndex((at) => (
    still.length ? still.every((k) => at[k] === now[k]) : at.join() === now.join()));
  const set = (now) => { element.querySelector("select").selectedIndex = find(now); };
  return { element, set, name: (now) => words[find(now)] };
}

// -- the picture --------------------------------------------------------------------------------

// Layers are replaced one by one, and only those that changed. The names of clips and hatches are
// made this card's own: two cards may use the same name, and one of them may be hidden.
function picture(spec) {
  const own = `c${++cards}-`;
  const named = (svg) => svg.replace(/(\sid="|url\(#|href="#)/g, `$1${own}`);
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("class", "picture");
  svg.setAttribute("role", "img");
  svg.setAttribute("viewBox", `0 0 ${0.72 * spec.size[0]} ${0.72 * spec.size[1]}`);
  const group = (name) => {
    const g = svg.appendChild(document.createElementNS(SVG, "g"));
    if (name) g.setAttribute("class", name);
    return g;
  };
  const backdrop = group(), pinned = group("pinned"), layers = [];
  let last = { backdrop: "", layers: [] };

  function show(frame) {
    if (frame.backdrop !== last.backdrop) backdrop.innerHTML = named(frame.backdrop);
    frame.layers.forEach((layer, k) => {
      layers[k] ??= group();
      if (layer !== last.layers[k]) layers[k].innerHTML = named(layer);
    });
    svg.setAttribute("aria-label", [spec.alt, frame.says].filter(Boolean).join(" "));
    last = frame;
  }

  // The state to compare with; it can be laid under another one only on the same axes.
  function pin(frame) {
    const fits = frame && frame.backdrop === last.backdrop;
    pinned.innerHTML = fits ? named(frame.layers.join("")) : "";
    return fits;
  }
  return { svg, show, pin };
}

// -- the words ----------------------------------------------------------------------------------

// A sentence in which the first two things that it names have the colour of their meaning.
function painted(sentence, words) {
  const named = Object.entries(words)
    .map(([colour, pattern]) => ({ colour, found: new RegExp(`\\b(?:${pattern})\\b`).exec(sentence) }))
    .filter(({ found }) => found)
    .sort((one, other) => one.found.index - other.found.index);
  const parts = [];
  let done = 0;
  for (const { colour, found } of named.slice(0, 2)) {
    parts.push(sentence.slice(done, found.index));
    parts.push(make("strong", { style: `color: var(${colour})` }, found[0]));
    done = found.index + found[0].length;
  }
  return [...parts, sentence.slice(done)];
}

// -- the card -----------------------------------------------------------------------------------

const same = (one, other) => other !== null && one.says === other.says && one.fault === other.fault
  && one.backdrop === other.backdrop && one.layers.every((layer, k) => layer === other.layers[k]);

function card(root, spec, ask, remind = () => {}) {
  let at = [...spec.start], showing = null, frame = null, pinned = null; // frame: the last good one
  let timer = null, waiting = null, playing = null;
  root.classList.add("lecture-ex");
  root.dataset.preventSwipe = ""; // a deck leaves the finger to the controls
  const view = picture(spec);
  const controls = spec.controls.map((c, k) => control(c, (value) => {
    pause();
    go(put(at, k, value));
  }));
  const says = make("p", { class: "says" }), other = make("p", { class: "says other", hidden: true });
  const aloud = make("p", { class: "aloud", role: "status", "aria-live": "polite" });
  const call = make("pre", { class: "call", hidden: true, tabindex: 0, ...OWN_KEYS });
  const buttons = make("div", { class: "buttons" });
  const row = make("div", { class: "settings" }, ...controls.map((c) => c.element));

  function go(next) {
    if (next.join() === at.join()) return;
    stand(next);
    waiting ??= setTimeout(() => {
      says.textContent = "Waiting for the kernel: it is busy with another cell, or it was stopped.";
      remind(at);
    }, WAITING_AFTER);
    ask(at);
  }

  // Follows controls that something else has moved.
  function follow(next) {
    if (next.join() !== at.join()) stand([...next]);
  }

  function stand(next) {
    at = next;
    controls.forEach((c, k) => c.set(at[k]));
    system?.set(at);
    call.textContent = written();
  }

  function show(next) {
    const idle = !waiting && same(next, showing);
    clearTimeout(waiting);
    waiting = null;
    if (idle) return; // the kernel's answer to what memory has shown
    showing = next;
    says.classList.toggle("wrong", Boolean(next.fault));
    says.replaceChildren(...(next.fault ? [next.fault] : painted(next.says, spec.words)));
    if (!next.fault) {
      view.show(next);
      frame = next;
      if (pinned) compare();
    }
    clearTimeout(timer);
    timer = setTimeout(() => { aloud.textContent = says.textContent; }, ALOUD_AFTER);
  }

  // In a deck, where room is scarce, A is named by what differs: the preset, and what moves here.
  function compare() {
    const where = view.pin(pinned.frame) ? "A, in grey" : "A, on other axes";
    const settings = spec.controls.flatMap((c, k) => (
      pinned.at[k] === at[k] || c.values.length < 2 ? [] : [`${c.name} ${c.labels[pinned.at[k]]}`]));
    const preset = system?.name(pinned.at);
    if (preset && preset !== system.name(at)) settings.unshift(preset);
    const short = settings.join(", ") || "this setting";
    other.textContent = `${where}: ${spec.deck ? short : pinned.frame.says}`;
  }

  // The line of Python that shows this state.
  function written() {
    const settings = spec.call.arguments.map(([name, fixed]) => {
      const k = spec.controls.findIndex((c) => c.argument === name);
      return `${name}=${k < 0 ? fixed : spec.controls[k].written[at[k]]}`;
    });
    return `explore(${[spec.call.scene, ...settings].join(", ")})`;
  }

  function button(words, pressed) {
    const b = make("button", { type: "button", ...OWN_KEYS }, words);
    b.addEventListener("click", () => pressed(b));
    buttons.append(b);
    return b;
  }

  function pause() {
    clearInterval(playing?.clock);
    if (playing) playing.button.textContent = playing.words;
    playing = null;
  }

  // Steps through the values, from the first one again if the last one shows, and stops at the end.
  function play(k, b, words) {
    if (playing) return pause();
    const { values } = spec.controls[k];
    const place = () => values.indexOf(at[k]);
    const step = () => go(put(at, k, values[(place() + 1) % values.length]));
    step();
    if (matchMedia("(prefers-reduced-motion: reduce)").matches) return; // a step for each press
    b.textContent = "❚❚ pause";
    const tick = () => (place() === values.length - 1 ? pause() : step());
    playing = { clock: setInterval(tick, STEP), button: b, words };
  }

  const choose = (place) => { pause(); go([...place]); };
  const system = spec.deck && spec.presets.length ? presets(spec, choose) : null;
  if (system) row.prepend(system.element);
  else for (const preset of spec.presets) button(preset.words, () => choose(preset.at));
  spec.controls.forEach((c, k) => {
    if (!c.play || c.values.length < 2) return;
    const words = spec.controls.filter((d) => d.play).length > 1 ? `▶ play ${c.name}` : "▶ play";
    button(words, (b) => play(k, b, words));
  });
  if (controls.length && spec.compares) {
    button("+ compare", (b) => {
      pinned = pinned ? null : { frame, at };
      b.textContent = pinned ? "− compare" : "+ compare";
      b.setAttribute("aria-pressed", Boolean(pinned));
      other.hidden = !pinned;
      if (pinned) compare(); else view.pin(null);
    }).setAttribute("aria-pressed", false);
  }
  if (controls.length) {
    button("↺ reset", () => { pause(); go([...spec.start]); });
  }
  if (!spec.deck) {
    button("show the call", (b) => {
      call.hidden = !call.hidden;
      b.setAttribute("aria-expanded", !call.hidden);
    }).setAttribute("aria-expanded", false);
  }

  // Keys in a card are the card's; but in a deck a page key turns the slide, Escape leaves the card,
  // and after the pointer the keys are the slide's again.
  root.addEventListener("keydown", (event) => {
    const turns = spec.deck && ["PageDown", "PageUp"].includes(event.key);
    if (turns || (spec.deck && event.key === "Escape")) document.activeElement.blur();
    if (!turns) event.stopPropagation();
  });
  if (spec.deck) {
    root.addEventListener("pointerup", () => {
      const used = document.activeElement;  // and not what is focused until then
      setTimeout(() => used?.blur());
    });
    root.addEventListener("change", (event) => {
      if (event.target.matches("select")) event.target.blur();
    });
  }

  const source = make("p", { class: "source" }, spec.source);
  root.replaceChildren(row, buttons, make("div", { class: "view" }, view.svg), says, other, source, call, aloud);
  stand(at);
  return { show, follow, stop: pause };
}

// -- in a live notebook -------------------------------------------------------------------------

// A state that came once is kept, whether it was asked for or drawn ahead of the hand: when the hand
// gets there it shows at once, before the kernel has heard of it.
function memory() {
  const frames = new Map(); // the latest last
  return {
    has: (at) => frames.has(at.join()),
    get: (at) => frames.get(at.join()),
    keep(at, frame) {
      frames.delete(at.join());
      frames.set(at.join(), frame);
      if (frames.size > KEPT) frames.delete(frames.keys().next().value);
    },
  };
}

function render({ model, el }) {
  loadFonts(model);
  const root = el.appendChild(make("div")), seen = memory();
  const shown = card(root, model.get("spec"), (at) => {
    if (seen.has(at)) shown.show(seen.get(at));
    model.set("at", at);
    model.save_changes();
  }, (at) => model.send({ at })); // past the queue of changes, in which one was seen to get lost
  function answer() {
    const [backdrop, layers, says, fault, at] = ANSWER.map((name) => model.get(name));
    const frame = { backdrop, layers, says, fault }, wanted = model.get("at");
    if (!fault) seen.keep(at, frame);
    if (at.join() === wanted.join() || !seen.has(wanted)) shown.show(frame);
  }
  function ahead() {
    const { at, ...frame } = model.get("ahead");
    seen.keep(at, frame);
  }
  const follow = () => shown.follow(model.get("at"));
  model.on("change:answered", answer);
  model.on("change:at", follow);
  model.on("change:ahead", ahead);
  follow();
  answer();
  return () => {
    shown.stop();
    model.off("change:answered", answer);
    model.off("change:at", follow);
    model.off("change:ahead", ahead);
  };
}

export default { render };

// -- in a deck, or on a page --------------------------------------------------------------------

async function unpack(text) {
  const bytes = Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
  return new Response(stream).json();
}

class Explorable extends HTMLElement {
  async connectedCallback() {
    if (this.begun) return;
    this.begun = true;
    const { spec, texts, states } = await unpack(this.querySelector("script").textContent);
    const frame = (at) => {
      const [backdrop, words, ...layers] = states[at.join()];
      return {
        backdrop: texts[backdrop], says: texts[words], layers: layers.map((k) => texts[k]), fault: "",
      };
    };
    const root = make("div");
    const shown = card(root, spec, (at) => shown.show(frame(at)));
    shown.show(frame(spec.start));
    this.replaceChildren(root);
  }
}

if (!customElements.get("lecture-explorable")) {
  customElements.define("lecture-explorable", Explorable);
}
