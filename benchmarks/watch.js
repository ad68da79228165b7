// Watches a cell of JupyterLab from within its page: when a key is struck, and when a picture stands.
window.watch = (() => {
  const twoFrames = (then) => requestAnimationFrame(() => requestAnimationFrame(then));
  const what = { subtree: true, childList: true, characterData: true, attributes: true };

  // Whether a mutation is one of the picture: within it, or of it as a whole.
  function touches(record, selector) {
    const element = record.target.closest ? record.target : record.target.parentElement;
    if (element?.closest(selector)) return true;
    return [...record.addedNodes].some((n) => n.matches?.(selector) || n.querySelector?.(selector));
  }

  function seen(cell, selector, tell) {
    const observer = new MutationObserver((records) => {
      if (records.some((record) => touches(record, selector))) tell();
    });
    observer.observe(cell, what);
    return observer;
  }

  // Milliseconds from the next key to the second frame after the picture that it brings.
  let move;
  function key(cell, selector) {
    move = new Promise((resolve, reject) => {
      const late = setTimeout(() => { stop(); reject(new Error("no new picture")); }, 20000);
      let struck;
      cell.addEventListener("keydown", (e) => { struck = e.timeStamp; },
        { once: true, capture: true });
      const observer = seen(cell, selector, async () => {
        if (struck === undefined) return;
        stop();
        const picture = cell.querySelector(selector);
        if (picture.decode) await picture.decode();
        twoFrames(() => resolve(performance.now() - struck));
      });
      function stop() { observer.disconnect(); clearTimeout(late); }
    });
    move.catch(() => {}); // it is answered for where the move is asked for
  }

  // A film of the cell: for each frame whether the picture is new, whether it is there, how high
  // it and its cell are.
  let film;
  function roll(cell, selector) {
    const frames = [];
    const state = { frames, fresh: false, rolling: true, released: undefined };
    state.observer = seen(cell, selector, () => { state.fresh = true; });
    addEventListener("mouseup", (e) => { state.released = e.timeStamp; },
      { once: true, capture: true });
    function frame(now) {
      const picture = cell.querySelector(selector);
      const there = picture && (picture.tagName === "IMG"
        ? picture.complete && picture.naturalWidth > 0 : picture.childElementCount > 0);
      const height = there ? picture.getBoundingClientRect().height : 0;
      frames.push({ now, fresh: state.fresh, height, around: cell.getBoundingClientRect().height });
      state.fresh = false;
      if (state.rolling) requestAnimationFrame(frame);
    }
    requestAnimationFrame(frame);
    film = state;
  }

  // What the film shows: times in milliseconds.
  function cut() {
    film.rolling = false;
    film.observer.disconnect();
    const { frames, released } = film;
    const jumps = (name) => frames.filter((f, i) => i && Math.abs(f[name] - frames[i - 1][name]) > 0.5);
    const fresh = frames.filter((f) => f.fresh).map((f) => f.now);
    return {
      pictures: fresh.length,
      frames: frames.filter((f) => f.now < released).length,
      dragged: released - frames[0].now,
      settled: Math.max(0, fresh.at(-1) - released),
      blank: frames.filter((f) => f.height < 1).length,
      jumps: jumps("around").length + jumps("height").length,
    };
  }

  // All that the picture is, to compare two of them.
  function picture(cell, selector) {
    const found = cell.querySelector(selector);
    return found.tagName === "IMG" ? found.src : found.outerHTML;
  }

  return { key, moved: () => move, roll, cut, picture };
})();
