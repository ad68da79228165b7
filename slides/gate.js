// The walk through a deck. It returns { slides, pictures, settings, faults: [{ slide, title, setting,
// words }] }; settings counts the states looked at.

const PLACES = [leaves, cut, scrolls, lies];
const ALL = [...PLACES, small, speechless, unfinished, pale];

const found = new Map();
const counts = { slides: 0, pictures: 0, settings: 0 };

function fault(words) {
  const number = Reveal.getSlides().indexOf(slide) + 1;
  const key = `${number} ${words}`; // said once, with the first setting that shows it
  if (!found.has(key)) found.set(key, { slide: number, title: title(), setting, words });
}

function title() {
  const heading = slide.querySelector("h1, h2")?.cloneNode(true);
  heading?.querySelectorAll(".katex-mathml").forEach((one) => one.remove());
  return heading?.textContent.trim() ?? "";
}

function check(name, checks = ALL) {
  setting = name;
  origin = slide.getBoundingClientRect();
  unit = origin.width / WIDTH;
  const seen = look();
  for (const one of checks) one(seen);
  counts.settings += 1;
}

// -- the settings of a moving picture -----------------------------------------------------------

function put(control, value) {
  if (control.type === "checkbox") control.checked = value;
  else control.value = value;
  control.dispatchEvent(new Event(control.type === "range" ? "input" : "change", { bubbles: true }));
}

function values(control) {
  if (control.type === "checkbox") return [false, true];
  return control.type === "range" ? [control.min, control.max] : [...control.options].map((option) => option.value);
}

function spoken(control) {
  const name = control.ariaLabel ?? control.closest("label").innerText.trim();
  if (control.type === "checkbox") return `${name} ${control.checked ? "on" : "off"}`;
  return `${name} at ${control.selectedOptions?.[0].text ?? control.getAttribute("aria-valuetext")}`;
}

function move(card) {
  const controls = [...card.querySelectorAll(".settings :is(input, select)")];
  const button = (words) => [...card.querySelectorAll("button")].find((one) => one.textContent.includes(words));
  const state = () => [
    ...controls.map((one) => (one.type === "checkbox" ? one.checked : one.value)),
    ...[...card.querySelectorAll("svg.picture, .says:not([hidden]), button")].map((one) => one.outerHTML),
  ].join("\n");
  const start = state();

  function visitAll(also, checks) {
    for (const control of controls) {
      for (const value of values(control)) {
        put(control, value);
        check(`with ${spoken(control)}${also}`, checks);
        button("reset").click();
      }
    }
  }
  visitAll("", ALL);
  if (controls.length && button("+ compare")) { // not every picture can lie over another
    button("+ compare").click();
    check("with + compare on");
    visitAll(" and + compare on", PLACES); // more words to place, and no new colour
    button("compare").click();
  }
  setting = "";
  if (state() !== start) fault("a moving picture does not come back to its start");
}

// -- the deck -----------------------------------------------------------------------------------

// A font is read when the first slide with its letters is laid out; before, another one stands in.
async function lettered() {
  slide.getBoundingClientRect();
  while ([...document.fonts].some((face) => face.status === "loading")) await document.fonts.ready;
  for (const face of document.fonts) if (face.status === "error") fault(`the font ${face.family} is not in the deck`);
}

Reveal.configure({ viewDistance: 1 }); // the neighbours of a slide need no places and no colours
for (slide of Reveal.getSlides()) {
  const { h, v } = Reveal.getIndices(slide);
  Reveal.slide(h, v, -1);
  await lettered();
  if (Reveal.availableFragments().next) check("before its first step");
  while (Reveal.availableFragments().next) Reveal.nextFragment();
  check("");
  counts.slides += 1;
  counts.pictures += slide.querySelectorAll("img, .body svg[role=img]").length;
  slide.querySelectorAll(".lecture-ex").forEach(move);
}
return { ...counts, faults: [...found.values()] };
