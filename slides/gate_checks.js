// What may not be on a slide, one function for each kind of fault; `fault` keeps what they find.

const MARGIN = 60; // as theme.css places the parts of a slide
const LEAST_TEXT = 18, LARGE_TEXT = 24, LEAST_WORDS = 20;
const LEAST_CONTRAST = { large: 3, other: 4.5 };
// A formula sets what it raises and lowers in a smaller size, as mathematics is read everywhere.
const SCRIPTS = ".katex .msupsub, .katex .op-limits";
const RAW_TEX = /\$[^$]*[\\^_{][^$]*\$|\\[a-zA-Z]{2,}|\\[()[\]]/;

const screenUnit = Math.min(innerWidth / WIDTH, innerHeight / HEIGHT); // screen px, as it should be

function leaves({ texts, boxes }) {
  const footer = slide.querySelector("footer"), floor = footer ? boxOf(footer).top : HEIGHT;
  for (const { element, box: here, name } of [...texts, ...boxes]) {
    const { left, right, top, bottom } = here;
    const at = `${[left, right].map(Math.round).join("..")} x ${[top, bottom].map(Math.round).join("..")}`;
    const body = element.closest(".body"), lowest = footer?.contains(element) ? HEIGHT : floor;
    if (!within(here, { left: MARGIN, right: WIDTH - MARGIN, top: 0, bottom: HEIGHT })) {
      fault(`${name} leaves the slide's margins, at ${at}`);
    } else if (bottom > lowest + SLACK) fault(`${name} runs into the footer, at ${at}`);
    else if (body && !within(here, boxOf(body))) fault(`${name} leaves its part of the slide, at ${at}`);
  }
}

// What an element lets be seen of its children, or null where it lets all be seen.
function view(element) {
  if (element.matches("svg")) {
    const { x, y, width, height } = element.viewBox.baseVal ?? {};
    return width ? bounds([drawn(element, x, y, x + width, y + height)]) : boxOf(element);
  }
  const style = styled(element), clip = /url\("?#([^")]+)/.exec(style.clipPath);
  const rect = clip && document.getElementById(clip[1])?.querySelector("rect");
  if (rect) {
    const [x, y, width, height] = ["x", "y", "width", "height"].map((key) => rect[key].baseVal.value);
    return bounds([drawn(element, x, y, x + width, y + height)]);
  }
  if (element.closest("svg")) return null;
  const [across, down] = [style.overflowX, style.overflowY]
    .map((overflow) => overflow !== "visible" || element.matches("button"));
  const all = { left: -Infinity, right: Infinity, top: -Infinity, bottom: Infinity };
  const { left, right, top, bottom } = boxOf(element);
  if (!across && !down) return null;
  return { ...all, ...(across && { left, right }), ...(down && { top, bottom }) };
}

function cut({ texts, boxes }) {
  const windows = new Map();
  for (const { element, box: here, name, words } of [...texts, ...boxes]) {
    for (let above = words ? element : element.parentElement; above !== slide; above = above.parentElement) {
      if (!windows.has(above)) windows.set(above, view(above));
      const seen = windows.get(above);
      if (seen && !within(here, seen)) fault(`${name} is cut off by <${described(above)}>`);
    }
  }
  for (const { element, name } of boxes.filter((box) => box.element.matches("select"))) {
    const room = element.offsetWidth, needed = widthNeeded(element);
    if (needed > room + SLACK) fault(`${name} is ${room} px wide, and its longest option needs ${needed}`);
  }
}

const described = (element) => (
  [element.localName, ...element.classList].join(".") + (element.matches("svg") ? ", its view box" : ""));

function widthNeeded(menu) {
  const wide = menu.cloneNode(true);
  wide.style.cssText += ";position:absolute;visibility:hidden;width:max-content;min-width:0;max-width:none";
  menu.after(wide);
  const width = wide.offsetWidth;
  wide.remove();
  return width;
}

function scrolls() {
  const root = document.scrollingElement;
  const inside = [...slide.querySelectorAll("*:not(svg *)")], around = [];
  for (let above = slide; above !== root; above = above.parentElement) around.push(above);
  for (const element of [root, ...around, ...inside]) {
    const room = element === root ? [innerWidth, innerHeight] : [element.clientWidth, element.clientHeight];
    if (element.scrollWidth <= room[0] + SLACK && element.scrollHeight <= room[1] + SLACK) continue;
    if (element.matches(UNSEEN) || element.closest(".katex-mathml") || !shown(element)) continue;
    const { overflowX, overflowY } = styled(element), free = element === root ? /visible|auto|scroll/ : /auto|scroll/;
    if ((free.test(overflowX) && element.scrollWidth > room[0] + SLACK)
      || (free.test(overflowY) && element.scrollHeight > room[1] + SLACK)) {
      fault(element === root ? "the page scrolls" : `<${described(element)}> scrolls`);
    }
  }
}

function lies({ texts, boxes }) {
  const clash = (one, other) => fault(`${one.name} and ${other.name} overlap`);
  texts.forEach((one, k) => {
    for (const other of texts.slice(k + 1)) {
      if (one.group !== other.group && overlap(one, other)) clash(one, other);
    }
    for (const box of boxes.filter((each) => !each.element.contains(one.element))) {
      if (one.element.matches("select") ? !box.control && overlap(one, box) : covers(one, box)) clash(one, box);
    }
  });
  boxes.forEach((one, k) => {
    for (const other of boxes.slice(k + 1)) {
      if (!one.element.contains(other.element) && overlap(one, other)) clash(one, other);
    }
  });
}

// What A is stands in the head of the picture, where nothing is drawn: it may meet no mark there.
function covers(text, box) {
  if (!overlap(text, box)) return false;
  if (!text.element.closest(".other") || box.control) return true;
  return text.quads.some((quad) => {
    const { left, right, top, bottom } = bounds([quad]);
    for (let x = left; x <= right; x += 4) {
      for (const y of [top, (top + bottom) / 2, bottom]) if (marked(box.element, [x, y])) return true;
    }
    return false;
  });
}

function marked(picture, point) {
  const ground = styled(document.body).backgroundColor;
  return document.elementsFromPoint(...onScreen(point)).some((element) => (
    element !== picture && picture.contains(element) && styled(element).fill !== ground));
}

function small({ texts }) {
  for (const { element, size, name } of texts) {
    const least = LEAST_TEXT * screenUnit;
    if (size < least - 0.05 && !element.closest(SCRIPTS)) {
      fault(`${name} is ${size.toFixed(1)} px high, and ${least} is the least on this screen`);
    }
  }
}

function speechless({ boxes }) {
  for (const { element, control } of boxes) {
    if (control || element.closest('[aria-hidden="true"]')) continue;
    const words = element.alt ?? element.ariaLabel ?? "";
    if (words.length < LEAST_WORDS) fault(`a picture says too little to who cannot see it: "${words}"`);
  }
  for (const card of slide.querySelectorAll(".lecture-ex")) {
    const says = card.querySelector(".says:not(.other)"), words = says?.textContent.trim();
    const alt = card.querySelector("svg.picture")?.ariaLabel ?? "";
    if (!words || !shown(says)) fault("a moving picture has no sentence under it");
    else if (!alt.includes(words)) fault("a moving picture has another sentence under it than in its alt text");
  }
}

function unfinished({ texts, boxes }) {
  for (const { element, words } of texts) {
    if (!element.closest("pre, code, .katex") && RAW_TEX.test(words)) fault(`raw TeX: ${quoted(words)}`);
  }
  const heading = slide.querySelector("h2");
  if (heading && heading.offsetHeight >= 2 * parseFloat(styled(heading).lineHeight)) {
    fault("its heading is longer than one line");
  }
  const body = slide.querySelector(".body");
  if (!slide.matches(".opening") && ![...texts, ...boxes].some(({ element }) => body?.contains(element))) {
    fault("it is empty");
  }
}

// -- contrast -----------------------------------------------------------------------------------

// [red, green, blue, opacity], each of 0 to 1, as the browser writes a colour.
function colour(text) {
  const [r, g, b, a = 1] = (text.match(/[\d.]+(e-\d+)?/g) ?? [0, 0, 0, 0]).map(Number);
  return text.startsWith("rgb") ? [r / 255, g / 255, b / 255, a] : [r, g, b, a];
}

function faded(element, [r, g, b, a]) {
  let left = a;
  for (let above = element; above && above !== slide; above = above.parentElement) left *= styled(above).opacity;
  return [r, g, b, left];
}

const over = (under, top) => [0, 1, 2].map((k) => top[k] * top[3] + under[k] * (1 - top[3]));

function contrast(one, other) {
  const light = (c) => [0.2126, 0.7152, 0.0722].reduce((sum, share, k) => (
    sum + share * (c[k] <= 0.04045 ? c[k] / 12.92 : ((c[k] + 0.055) / 1.055) ** 2.4)), 0);
  const [dark, bright] = [light(one), light(other)].sort((a, b) => a - b);
  return (bright + 0.05) / (dark + 0.05);
}

// The colour an element lays under what stands on it, or null for none.
function laid(element) {
  const style = styled(element);
  if (!(element instanceof SVGElement)) return faded(element, colour(style.backgroundColor));
  if (!element.matches("path, rect, circle, ellipse, polygon, use") || !style.fill.startsWith("rgb")) return null;
  const [r, g, b, a] = colour(style.fill);
  return faded(element, [r, g, b, a * style.fillOpacity]);
}

function ground(text, stack) {
  const style = styled(text.element);
  const halo = text.label && style.stroke.startsWith("rgb") && style.paintOrder.startsWith("stroke");
  if (halo) return colour(style.stroke);
  const layers = [];
  for (const element of stack) {
    const layer = laid(element);
    if (layer?.[3]) layers.push(layer);
    if (layer?.[3] === 1) break;
  }
  return layers.reduceRight(over, [1, 1, 1]);
}

// What lies at and under the first, the middle and the last letters of each line.
function footing(text) {
  return text.quads.flatMap((quad) => [0.1, 0.5, 0.9].map((share) => {
    const [[x0, y0], [x1, y1], [x2, y2], [x3, y3]] = quad;
    const x = ((x0 + x3) * (1 - share) + (x1 + x2) * share) / 2;
    const y = ((y0 + y3) * (1 - share) + (y1 + y2) * share) / 2;
    const stack = document.elementsFromPoint(...onScreen([x, y])); // the uppermost first
    const own = stack.findIndex((one) => text.element.contains(one) || one.contains(text.element));
    return stack.slice(Math.max(0, own));
  }));
}

function pale({ texts }) {
  const standing = texts.map((text) => ({ text, places: footing(text) }));
  const before = document.body.classList.contains("dark");
  for (const stage of ["light", "dark"]) {
    document.body.classList.toggle("dark", stage === "dark");
    for (const { text, places } of standing) {
      const style = styled(text.element), [r, g, b, a] = colour(text.label ? style.fill : style.color);
      const ink = faded(text.element, [r, g, b, a * (text.label ? style.fillOpacity : 1)]);
      const least = LEAST_CONTRAST[text.size / screenUnit >= LARGE_TEXT ? "large" : "other"];
      const worst = Math.min(...places.map((stack) => {
        const under = ground(text, stack);
        return contrast(over(under, ink), under);
      }));
      if (worst >= least) continue;
      fault(`${text.name} has a contrast of ${worst.toFixed(2)} on the ${stage} stage, and ${least} is the least`);
    }
  }
  document.body.classList.toggle("dark", before);
}
