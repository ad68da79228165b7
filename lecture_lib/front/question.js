// One question as a card: a choice, a number to predict, or an exercise. Python judges; this shows
// its face and passes on what the hands do.

const PATIENCE = 8000; // ms until the card says that nobody answers

function render({ model, el }) {
  loadFonts(model);
  const name = `question-${Math.random().toString(36).slice(2)}`; // cards must not share radio buttons
  const kind = model.get("face").kind;
  const card = make("section", { class: "lecture-ex lecture-question" });
  const reply = make("p", { class: "says", role: "status", tabindex: "-1", ...OWN_KEYS });
  const buttons = make("div", { class: "buttons" });
  const commit = make("button", { type: "button", class: "primary", ...OWN_KEYS }, kind === "check" ? "check" : "commit");
  const other = make("button", { type: "button", ...OWN_KEYS });
  buttons.append(commit, other);

  const field = kind === "choice" ? choices(name) : number(name);
  card.append(field.root, reply, buttons);
  const help = kind === "check" ? disclosures(() => send({ do: "solution" })) : null;
  if (help) card.append(help.root);
  el.append(card);

  let waiting = 0;
  function send(message) {
    clearTimeout(waiting);
    waiting = setTimeout(() => {
      reply.textContent = "Nobody answers: run this cell again, so that its kernel listens.";
    }, PATIENCE);
    model.send(message);
  }

  function answer() {
    if (model.get("face").locked) return;
    const value = field.value();
    if (value) {
      send({ do: "commit", answer: value });
    } else {
      reply.textContent = field.missing;
      field.focus();
    }
  }

  commit.addEventListener("click", answer);
  card.addEventListener("keydown", event => {
    if (event.key === "Enter" && event.target.matches("input") && !event.isComposing) answer();
  });
  other.addEventListener("click", () => {
    if (kind === "check") send({ do: "next" });
    else send({ do: model.get("face").locked ? "again" : "show" });
  });

  const gone = active => !card.contains(active) || active.disabled || active.hidden;

  let shown = null;
  function show() {
    clearTimeout(waiting);
    const face = model.get("face");
    const hadFocus = card.contains(document.activeElement);
    const begins = shown !== null && (shown.ask !== face.ask || (shown.locked && !face.locked));
    field.show(face, begins || shown === null);
    reply.dataset.kind = face.reply ? face.reply.kind : "";
    reply.replaceChildren(...spoken(face.reply ? face.reply.says : face.invite, Boolean(face.reply)));
    commit.hidden = face.locked;
    other.textContent = kind === "check" ? "another one" : face.locked ? "again" : "show the answer";
    other.classList.toggle("quiet", kind !== "check" && face.locked);
    if (help) help.show(face, begins);
    if (begins && hadFocus) field.focus();
    else if (hadFocus && gone(document.activeElement)) reply.focus();
    shown = face;
  }

  model.on("change:face", show);
  show();
  return () => {
    clearTimeout(waiting);
    model.off("change:face", show);
  };
}

// The verdict, up to the first stop that is not inside a number, is bold.
function spoken(says, judged) {
  const verdict = judged ? says.match(/^[✓✕≈].*?[.:](?= )/) : null;
  if (!verdict) return [says];
  return [make("b", {}, verdict[0]), says.slice(verdict[0].length)];
}

// A name such as Llama-2-13B is not broken at its hyphens.
function unbroken(text) {
  const parts = text.split(/(\S+-\S+)/);
  return parts.map((part, k) => (k % 2 ? make("span", { class: "unbroken" }, part) : part));
}

function choices(name) {
  const legend = make("legend", { class: "ask" });
  const root = make("fieldset", {}, legend);
  let inputs = [];
  return {
    root,
    missing: "Choose one of the answers first.",
    value: () => inputs.find(input => input.checked)?.value ?? "",
    focus: () => (inputs.find(input => input.checked) ?? inputs[0]).focus(),
    show(face, fresh) {
      legend.replaceChildren(...unbroken(face.ask));
      if (!inputs.length) {
        for (const option of face.options) {
          const input = make("input", { type: "radio", name, value: option.letter, ...OWN_KEYS });
          const label = make("label", { class: "option" }, input, make("b", {}, option.letter),
            make("span", {}, option.words), make("i", {}));
          inputs.push(input);
          root.append(label);
        }
      }
      face.options.forEach((option, k) => {
        const label = inputs[k].parentElement;
        label.dataset.mark = option.mark;
        label.lastChild.textContent = { right: "✓", wrong: "✕" }[option.mark] ?? "";
        if (fresh) inputs[k].checked = face.typed.trim().toUpperCase() === option.letter;
        inputs[k].disabled = face.locked;
      });
    },
  };
}

function number(name) {
  const ask = make("label", { class: "ask", for: name });
  const input = make("input", { type: "text", inputmode: "decimal", autocomplete: "off", id: name, "aria-describedby": `${name}-unit`, ...OWN_KEYS });
  const unit = make("span", { class: "unit", id: `${name}-unit` });
  return {
    root: make("div", { class: "number" }, ask, make("div", { class: "field" }, input, unit)),
    missing: "Write a number first.",
    value: () => input.value.trim(),
    focus: () => input.focus(),
    show(face, fresh) {
      ask.replaceChildren(...unbroken(face.ask));
      unit.textContent = face.unit;
      if (fresh) input.value = face.typed;
      input.readOnly = face.locked;
    },
  };
}

function disclosures(open) {
  const hint = make("p");
  const solution = make("div", { class: "solution" });
  const variant = make("p", { class: "source" });
  const folded = [
    make("details", {}, make("summary", OWN_KEYS, "Hint"), hint),
    make("details", {}, make("summary", OWN_KEYS, "Worked solution"), solution),
  ];
  // The solution is asked for when it is opened, so that it is not in the page before.
  folded[1].addEventListener("toggle", () => {
    if (folded[1].open && !solution.hasChildNodes()) open();
  });
  return {
    root: make("div", { class: "help" }, ...folded, variant),
    show(face, begins) {
      if (begins) for (const one of folded) one.open = false;
      hint.textContent = face.hint;
      solution.replaceChildren();
      if (face.solution) {
        solution.append(make("p", {}, face.solution.words), make("code", {}, face.solution.code),
          make("p", {}, `That is ${face.solution.truth}.`));
      }
      variant.textContent = `Variant ${face.variant + 1} of ${face.variants}; every number follows from the catalog.`;
    },
  };
}

export default { render };
