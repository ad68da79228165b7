// What a slide shows and where: its texts, pictures and controls. gate.py puts gate_look.js,
// gate_checks.js and gate.js, in this order, into one function of a page that shows a deck.
//
// Lengths are px of a slide of 1280 x 720, whatever the screen, unless a name says otherwise. A text
// is measured by its ink: the box of a line holds room above and below, where another may reach in.

const WIDTH = 1280, HEIGHT = 720;
const SLACK = 1; // what rounding takes
const UNSEEN = "aside.notes, .katex-mathml, .aloud, option, script, style, title, defs";

let slide, setting, origin, unit; // of what is looked at now; unit: screen px, as it is

const pencil = document.createElement("canvas").getContext("2d");
const styled = (element) => getComputedStyle(element);

// -- places -----------------------------------------------------------------------------------

// Within an SVG Chromium calls visible what stands in a group that is not displayed.
function shown(element) {
  for (let above = element; above.ownerSVGElement; above = above.parentElement) {
    if (styled(above).display === "none") return false;
  }
  return element.checkVisibility({ opacityProperty: true, visibilityProperty: true });
}
const onSlide = ({ x, y }) => [(x - origin.left) / unit, (y - origin.top) / unit];
const onScreen = ([x, y]) => [x * unit + origin.left, y * unit + origin.top];
const corners = (left, top, right, bottom) => (
  [[left, top], [right, top], [right, bottom], [left, bottom]].map(([x, y]) => new DOMPoint(x, y)));
const area = ({ left, top, right, bottom }) => corners(left, top, right, bottom).map(onSlide);
const boxOf = (element) => bounds([area(element.getBoundingClientRect())]);

// A rectangle in an SVG's own units, as it stands on the slide: it may be turned.
function drawn(element, ...edges) {
  const matrix = element.getScreenCTM();
  return corners(...edges).map((point) => onSlide(point.matrixTransform(matrix)));
}

function bounds(quads) {
  const [xs, ys] = [0, 1].map((k) => quads.flat().map((point) => point[k]));
  return { left: Math.min(...xs), right: Math.max(...xs), top: Math.min(...ys), bottom: Math.max(...ys) };
}

const within = (inner, outer) => inner.left >= outer.left - SLACK && inner.right <= outer.right + SLACK
  && inner.top >= outer.top - SLACK && inner.bottom <= outer.bottom + SLACK;

// Whether two convex areas share more than the slack, also where one is turned.
function meet(one, other) {
  return [one, other].every((quad) => quad.every(([x, y], k) => {
    const [toX, toY] = quad[(k + 1) % 4], length = Math.hypot(toX - x, toY - y) || 1;
    const along = (points) => points.map((p) => (p[1] * (toX - x) - p[0] * (toY - y)) / length);
    const [a, b] = [along(one), along(other)];
    return Math.min(Math.max(...a), Math.max(...b)) - Math.max(Math.min(...a), Math.min(...b)) > SLACK;
  }));
}

const near = (one, other) => one.left < other.right && other.left < one.right
  && one.top < other.bottom && other.top < one.bottom;
const overlap = (one, other) => near(one.box, other.box)
  && one.quads.some((a) => other.quads.some((b) => meet(a, b)));

function magnified(element) {
  if (!element) return 1;
  const { transform, zoom } = styled(element), { c, d } = new DOMMatrix(transform);
  return magnified(element.parentElement) * Math.hypot(c, d) * (Number(zoom) || 1);
}

// -- what a slide shows -------------------------------------------------------------------------

function measured(words, style) {
  pencil.font = `${style.fontStyle} ${style.fontWeight} ${style.fontSize} ${style.fontFamily}`;
  return pencil.measureText(words);
}

function inkOfLines(node, style, size) {
  const ink = measured(node.data, style), range = document.createRange();
  const scale = size / parseFloat(style.fontSize);
  const high = (ink.fontBoundingBoxAscent + ink.fontBoundingBoxDescent) * scale;
  range.selectNodeContents(node);
  return [...range.getClientRects()].filter((line) => line.width > 0.5).map((line) => {
    if (Math.abs(line.height - high) > 3 * scale) return area(line); // turned, or another font
    const base = line.top + ink.fontBoundingBoxAscent * scale;
    const [top, bottom] = [ink.actualBoundingBoxAscent, -ink.actualBoundingBoxDescent]
      .map((above) => base - above * scale);
    return area({ left: line.left, right: line.right, top, bottom });
  });
}

function inkOfLabel(element, style) {
  const last = element.getNumberOfChars() - 1;
  if (last < 0) return [];
  const { actualBoundingBoxAscent: above, actualBoundingBoxDescent: below } = measured(element.textContent, style);
  const from = element.getStartPositionOfChar(0), to = element.getEndPositionOfChar(last);
  return [drawn(element, from.x, from.y - above, to.x, from.y + below)];
}

function textOf(node) {
  const element = node.parentElement, words = node.data.replace(/[\s\u200b]+/g, " ").trim();
  if (!words || element.closest(UNSEEN) || !shown(element)) return null;
  const style = styled(element), label = element.closest("svg text"), formula = element.closest(".katex");
  const { c, d } = label ? element.getScreenCTM() : { c: 0, d: magnified(element) };
  const size = parseFloat(style.fontSize) * Math.hypot(c, d); // on the screen
  const quads = label && element.childNodes.length === 1
    ? inkOfLabel(element, style) : inkOfLines(node, style, size);
  const name = (formula?.querySelector("annotation") ?? label)?.textContent.trim() ?? words;
  return { element, words, size, quads, label, group: formula ?? label ?? node, name: quoted(name) };
}

// A closed menu shows the option that is chosen, which is no text of its own.
function textOfMenu(menu) {
  const words = menu.selectedOptions[0]?.text ?? "";
  const size = parseFloat(styled(menu).fontSize) * magnified(menu);
  return { element: menu, words, size, quads: [area(menu.getBoundingClientRect())], group: menu, name: nameOf(menu) };
}

const quoted = (words) => `"${words.length > 40 ? `${words.slice(0, 40)}…` : words}"`;
const KINDS = { img: "the picture", svg: "the picture", select: "the menu", button: "the button" };

function nameOf(element) {
  const label = element.closest("label")?.innerText.split("\n")[0];
  const words = label || element.ariaLabel || element.alt || element.textContent.trim();
  return `${KINDS[element.localName] ?? "the control"} ${quoted(words)}`;
}

function look() {
  const walker = document.createTreeWalker(slide, NodeFilter.SHOW_TEXT), texts = [];
  while (walker.nextNode()) texts.push(textOf(walker.currentNode));
  const boxes = [...slide.querySelectorAll("img, svg, video, canvas, input, button, select, textarea")]
    .filter((element) => shown(element) && !element.closest(".katex"))
    .map((element) => ({
      element, quads: [area(element.getBoundingClientRect())], name: nameOf(element),
      control: element.matches("input, button, select, textarea"),
    }));
  const menus = boxes.map((box) => box.element).filter((element) => element.matches("select"));
  const written = [...texts.filter((text) => text?.quads.length), ...menus.map(textOfMenu)];
  for (const thing of [...written, ...boxes]) thing.box = bounds(thing.quads);
  return { texts: written, boxes };
}
