// What a report page does beyond HTML: theme, sorting, searching, and moving through charts by keyboard.
"use strict";

(() => {
  const all = (selector, root = document) => Array.from(root.querySelectorAll(selector));
  const create = (name, properties = {}, ...children) => {
    const element = Object.assign(document.createElement(name), properties);
    element.append(...children);
    return element;
  };

  // MARK: Theme

  function theme() {
    const button = document.getElementById("theme");
    const root = document.documentElement;
    const system = matchMedia("(prefers-color-scheme: dark)");
    const isDark = () => (root.dataset.theme ? root.dataset.theme === "dark" : system.matches);
    const show = () => {
      button.setAttribute("aria-pressed", isDark() ? "true" : "false");
    };
    button.hidden = false;
    button.addEventListener("click", () => {
      root.dataset.theme = isDark() ? "light" : "dark";
      show();
    });
    system.addEventListener("change", show);
    show();
  }

  // MARK: Tables

  const value = (cell) => {
    const number = cell.dataset.v;
    return number === undefined ? cell.textContent.trim() : Number(number);
  };

  function compare(a, b) {
    const [isNumber, isOther] = [typeof a === "number", typeof b === "number"];
    if (isNumber && isOther) return (Number.isNaN(a) ? Infinity : a) - (Number.isNaN(b) ? Infinity : b);
    if (isNumber !== isOther) return isNumber ? -1 : 1;
    return a.localeCompare(b, "en", { numeric: true });
  }

  function sortable(table) {
    const body = table.tBodies[0];
    const original = Array.from(body.rows);
    const heads = Array.from(table.tHead.rows[0].cells);
    heads.forEach((head, column) => {
      const button = create("button", { type: "button" }, ...head.childNodes);
      head.append(button);
      button.addEventListener("click", () => {
        const isNumber = head.classList.contains("number");
        const order = isNumber ? ["descending", "ascending"] : ["ascending", "descending"];
        const next = order[order.indexOf(head.getAttribute("aria-sort")) + 1];
        heads.forEach((other) => other.removeAttribute("aria-sort"));
        if (next) head.setAttribute("aria-sort", next);
        const sign = next === "descending" ? -1 : 1;
        // A row without a value comes last, whatever the direction.
        const keyed = original.map((row) => [row, value(row.cells[column])]);
        if (next) {
          keyed.sort(([, a], [, b]) => (a === "" || b === "" ? (a === "") - (b === "") : sign * compare(a, b)));
        }
        body.append(...keyed.map(([row]) => row));
      });
    });
  }

  function searchable(box) {
    const rows = all("tbody tr", box);
    const texts = rows.map((row) => row.textContent.toLowerCase());
    const field = create("input", { type: "search", placeholder: `search ${box.dataset.search}` });
    field.setAttribute("aria-label", `Search ${box.dataset.search}`);
    const count = create("output", { textContent: `${rows.length}` });
    field.addEventListener("input", () => {
      const words = field.value.toLowerCase().split(/\s+/).filter(Boolean);
      let shown = 0;
      rows.forEach((row, index) => {
        row.hidden = !words.every((word) => texts[index].includes(word));
        shown += row.hidden ? 0 : 1;
      });
      box.classList.toggle("searched", words.length > 0);
      count.textContent = shown === rows.length ? `${shown}` : `${shown} of ${rows.length}`;
    });
    const tools = create("div", { className: "tools" }, field, count);
    box.prepend(tools);
    return () => {
      field.value = "";
      field.dispatchEvent(new Event("input"));
    };
  }

  // A long table shows its first rows until all are asked for.
  function shortened(box) {
    const count = box.querySelectorAll("tbody tr").length;
    if (count <= 20) return;
    const button = create("button", { type: "button", className: "all" });
    const shorten = (isShort) => {
      box.classList.toggle("short", isShort);
      button.textContent = isShort ? `all ${count}` : "the first 10";
      button.setAttribute("aria-expanded", isShort ? "false" : "true");
    };
    button.addEventListener("click", () => shorten(!box.classList.contains("short")));
    box.append(create("div", { className: "tools foot" }, button));
    shorten(true);
  }

  // What can be scrolled fades out at its right edge.
  function edges() {
    const mark = (box) => box.classList.toggle("more", box.scrollWidth - box.clientWidth - box.scrollLeft > 2);
    const observer = new ResizeObserver((entries) => entries.forEach((entry) => mark(entry.target)));
    all(".scroll").forEach((box) => {
      observer.observe(box);
      box.addEventListener("scroll", () => mark(box), { passive: true });
    });
  }

  // A row that a link leads to is shown, whatever was searched for.
  function reveal(clearing) {
    const show = () => {
      const target = location.hash && document.getElementById(decodeURIComponent(location.hash.slice(1)));
      if (!target || !target.matches("tr") || target.getClientRects().length) return;
      clearing.forEach((clear) => clear());
      if (!target.getClientRects().length) target.closest(".short")?.querySelector("button.all").click();
      target.scrollIntoView();
    };
    addEventListener("hashchange", show);
    show();
  }

  // MARK: Charts

  // One stop for the tab key; arrow keys move, Home and End jump, and the readout says where one is.
  function rove(items, readout, text) {
    if (!items.length) return;
    const first = readout ? readout.textContent : "";
    const show = (item) => {
      if (!readout) return;
      readout.textContent = item ? text(item) : first;
      readout.classList.toggle("live", Boolean(item));
    };
    items.forEach((item, index) => {
      item.setAttribute("tabindex", index === 0 ? "0" : "-1");
      item.addEventListener("pointerenter", () => show(item));
      item.addEventListener("pointerleave", () => show(items.find((other) => other === document.activeElement)));
      item.addEventListener("focus", () => show(item));
      item.addEventListener("blur", () => show(null));
      item.addEventListener("keydown", (event) => {
        const steps = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1, PageDown: 10, PageUp: -10, Home: -Infinity, End: Infinity };
        const step = steps[event.key];
        if (!step) return;
        event.preventDefault();
        const next = items[Math.min(Math.max(index + step, 0), items.length - 1)];
        item.setAttribute("tabindex", "-1");
        next.setAttribute("tabindex", "0");
        next.focus();
      });
    });
  }

  function charts() {
    all("#layers").forEach((section) => {
      rove(all("a.layer", section), section.querySelector(".readout"), (item) => item.querySelector("title").textContent);
    });
    all(".model").forEach((model) => {
      rove(all("a.cell", model), model.querySelector(".readout"), (item) => item.title);
    });
  }

  // MARK: Pictures

  // One picture at a time: two of its views, one on either side of a line that moves.
  function browser(root) {
    const articles = all("article", root);
    const views = (article) => all("figure", article).map((figure) => ({
      kind: figure.dataset.kind,
      title: figure.querySelector("figcaption").textContent,
      image: figure.querySelector("img"),
    }));
    const select = (label) => {
      const field = create("select");
      field.setAttribute("aria-label", label);
      return field;
    };
    const [left, right] = [select("View on the left"), select("View on the right")];
    const button = (text, label, action) => {
      const element = create("button", { type: "button", textContent: text });
      element.setAttribute("aria-label", label);
      element.addEventListener("click", action);
      return element;
    };
    const slider = create("input", { type: "range", min: "0", max: "100", step: "1", value: "50", className: "slider" });
    slider.setAttribute("aria-label", "Place of the line between both views, in percent from the left");
    const overlay = create("input", { type: "checkbox" });
    const [under, over] = [create("img", { className: "under" }), create("img", { className: "over" })];
    const [photo, photoOver] = [create("img", { className: "photo" }), create("img", { className: "photo over" })];
    [photo, photoOver].forEach((image) => { image.alt = ""; });
    const line = create("div", { className: "line" });
    const canvas = create("div", { className: "canvas" }, under, photo, over, photoOver, line);
    const stage = create("div", { className: "stage", tabIndex: 0 }, canvas);
    stage.setAttribute("role", "group");
    stage.setAttribute("aria-label", "Picture: + and - zoom, arrow keys move");
    const readout = create("p", { className: "readout" });
    const side = create("div", { className: "side" });
    const state = { index: 0, zoom: 1, x: 0, y: 0, maps: [] };

    const scrolled = (content, label) => {
      const box = create("div", { className: "scroll", tabIndex: 0 }, content);
      box.setAttribute("role", "region");
      box.setAttribute("aria-label", label);
      return box;
    };

    // Pixels of views, for the words under the pointer.
    const pixels = (image) => {
      const surface = create("canvas", { width: image.naturalWidth, height: image.naturalHeight });
      const context = surface.getContext("2d", { willReadFrequently: true });
      context.drawImage(image, 0, 0);
      return context.getImageData(0, 0, surface.width, surface.height);
    };

    function place() {
      const { width, height } = stage.getBoundingClientRect();
      const limit = (value, size) => Math.min(0, Math.max(size * (1 - state.zoom), value));
      state.x = limit(state.x, width);
      state.y = limit(state.y, height);
      canvas.style.transform = `translate(${state.x}px, ${state.y}px) scale(${state.zoom})`;
      canvas.classList.toggle("zoomed", state.zoom > 1);
      stage.dataset.zoom = state.zoom.toFixed(2);
      const share = width ? ((slider.value / 100) * width - state.x) / state.zoom / width : 0.5;
      const percent = `${Math.min(Math.max(share, 0), 1) * 100}%`;
      [over, photoOver].forEach((image) => { image.style.clipPath = `inset(0 0 0 ${percent})`; });
      line.style.left = percent;
      line.style.width = `${1 / state.zoom}px`;
    }

    function zoom(factor, x, y) {
      const box = stage.getBoundingClientRect();
      const [px, py] = [x ?? box.width / 2, y ?? box.height / 2];
      const next = Math.min(Math.max(state.zoom * factor, 1), 16);
      state.x = px - ((px - state.x) * next) / state.zoom;
      state.y = py - ((py - state.y) * next) / state.zoom;
      state.zoom = next;
      place();
    }

    function show() {
      const article = articles[state.index];
      const found = views(article);
      const pick = (field, image, input) => {
        const view = found[field.selectedIndex] ?? found[0];
        image.src = view.image.src;
        image.alt = view.image.alt;
        image.dataset.kind = view.kind;
        input.hidden = view.kind === "difference" ? false : !(overlay.checked && view.kind === "labels");
        image.classList.toggle("faded", !input.hidden);
        input.src = found[0].image.src;
      };
      pick(left, under, photo);
      pick(right, over, photoOver);
      place();
    }

    function open(index) {
      state.index = index;
      Object.assign(state, { zoom: 1, x: 0, y: 0, maps: [] });
      const article = articles[index];
      const found = views(article);
      for (const [field, preferred] of [[left, 1], [right, 2]]) {
        const before = field.options[field.selectedIndex]?.textContent;
        field.replaceChildren(...found.map((view) => create("option", { textContent: view.title })));
        const kept = found.findIndex((view) => view.title === before);
        field.selectedIndex = kept >= 0 ? kept : Math.min(preferred, found.length - 1);
      }
      const first = found[0].image;
      stage.style.aspectRatio = `${first.width} / ${first.height}`;
      stage.style.maxWidth = `${Math.min(900, (first.width / first.height) * 620)}px`;
      slider.style.maxWidth = stage.style.maxWidth;
      const legend = article.querySelector(".legend").cloneNode(true);
      side.replaceChildren(
        create("h3", { textContent: article.querySelector("h3").textContent }),
        article.querySelector(".facts").cloneNode(true), scrolled(legend, "Classes of the picture"));
      thumbs.forEach((thumb, position) => thumb.setAttribute("aria-pressed", position === index ? "true" : "false"));
      readout.textContent = "Point at the picture for its classes.";
      show();
      // Maps are decoded once they are looked at.
      Promise.all(found.map((view) => decoded(view))).then((maps) => {
        if (state.index === index) state.maps = maps;
      });
    }

    async function decoded(view) {
      if (view.kind !== "labels" && view.kind !== "margin") return view;
      const image = create("img", { src: view.image.src });
      await image.decode();
      return { ...view, pixels: pixels(image) };
    }

    function describe(event) {
      const box = canvas.getBoundingClientRect();
      const [u, v] = [(event.clientX - box.left) / box.width, (event.clientY - box.top) / box.height];
      if (!(u >= 0 && u < 1 && v >= 0 && v < 1)) return;
      const article = articles[state.index];
      const names = new Map(all(".legend tr[data-color]", article).map((row) => [row.dataset.color, row.cells[0].textContent.trim()]));
      const words = state.maps.filter((map) => map.pixels).map((map) => {
        const { width, height, data } = map.pixels;
        const offset = 4 * (Math.floor(v * height) * width + Math.floor(u * width));
        if (map.kind === "margin") {
          const margin = (data[offset] / 255) * Number(article.dataset.margin);
          return `margin ${margin.toPrecision(2)}`;
        }
        const color = `#${[0, 1, 2].map((channel) => data[offset + channel].toString(16).padStart(2, "0")).join("")}`;
        return `${map.title}: ${names.get(color) ?? "no class"}`;
      });
      const first = views(article)[0].image;
      readout.textContent = `${Math.floor(u * first.width)}, ${Math.floor(v * first.height)} · ${words.join(" · ")}`;
      readout.classList.add("live");
    }

    const thumbs = articles.map((article, index) => {
      const name = article.querySelector("h3").textContent;
      const image = create("img", { src: article.querySelector("img").src, alt: "", loading: "lazy", decoding: "async" });
      const fact = article.querySelector(".facts span")?.textContent ?? "";
      const thumb = create("button", { type: "button", className: "thumb" }, image, create("span", { textContent: name }), create("small", { textContent: fact }));
      thumb.addEventListener("click", () => open(index));
      thumb.setAttribute("aria-pressed", "false");
      return thumb;
    });

    [left, right, overlay].forEach((field) => field.addEventListener("change", show));
    slider.addEventListener("input", place);
    addEventListener("resize", place);
    stage.addEventListener("keydown", (event) => {
      const step = 40;
      const moves = { ArrowLeft: [step, 0], ArrowRight: [-step, 0], ArrowUp: [0, step], ArrowDown: [0, -step] };
      if (event.key === "+" || event.key === "=") zoom(1.5);
      else if (event.key === "-") zoom(1 / 1.5);
      else if (event.key === "0") zoom(1 / 16);
      else if (moves[event.key] && state.zoom > 1) {
        state.x += moves[event.key][0];
        state.y += moves[event.key][1];
        place();
      } else return;
      event.preventDefault();
    });
    stage.addEventListener("wheel", (event) => {
      if (!event.ctrlKey && !event.metaKey) return;
      event.preventDefault();
      const box = stage.getBoundingClientRect();
      zoom(Math.exp(-event.deltaY / 200), event.clientX - box.left, event.clientY - box.top);
    }, { passive: false });
    let drag = null;
    stage.addEventListener("pointerdown", (event) => {
      if (event.button !== 0) return;
      const box = stage.getBoundingClientRect();
      const isLine = Math.abs(event.clientX - box.left - (slider.value / 100) * box.width) < 18 || state.zoom === 1;
      drag = { isLine, x: event.clientX, y: event.clientY };
      stage.setPointerCapture(event.pointerId);
    });
    stage.addEventListener("pointermove", (event) => {
      describe(event);
      if (!drag) return;
      const box = stage.getBoundingClientRect();
      if (drag.isLine) slider.value = String(((event.clientX - box.left) / box.width) * 100);
      else {
        state.x += event.clientX - drag.x;
        state.y += event.clientY - drag.y;
        [drag.x, drag.y] = [event.clientX, event.clientY];
      }
      place();
    });
    for (const name of ["pointerup", "pointercancel"]) stage.addEventListener(name, () => { drag = null; });
    stage.addEventListener("dblclick", (event) => {
      const box = stage.getBoundingClientRect();
      zoom(state.zoom > 1 ? 1 / 16 : 3, event.clientX - box.left, event.clientY - box.top);
    });

    const viewer = create("div", { className: "viewer" },
      create("div", { className: "thumbs" }, ...thumbs),
      create("div", { className: "screen" },
        create("div", { className: "tools" },
          create("label", {}, "left ", left), create("label", {}, "right ", right),
          create("label", {}, overlay, " over the input"),
          create("span", { className: "zoom" }, button("−", "Zoom out", () => zoom(1 / 1.5)), button("+", "Zoom in", () => zoom(1.5)),
            button("1:1", "Whole picture", () => zoom(1 / 16)))),
        stage, slider, readout),
      side);
    // Many columns need the whole width.
    viewer.classList.toggle("broad", all(".legend", root).some((legend) => legend.tHead.rows[0].cells.length > 4));
    viewer.querySelector(".thumbs").setAttribute("role", "group");
    viewer.querySelector(".thumbs").setAttribute("aria-label", "Pictures, the worst first");
    root.classList.add("enhanced");
    root.before(viewer);
    open(0);

    // A link to a picture opens it.
    const follow = () => {
      const index = articles.findIndex((article) => `#${article.id}` === location.hash);
      if (index < 0) return;
      open(index);
      viewer.scrollIntoView({ block: "start" });
    };
    addEventListener("hashchange", follow);
    follow();
  }

  // MARK: Confusion

  function matrices() {
    const names = all(".confusion .names li").map((item) => item.textContent);
    all(".matrix").forEach((figure) => {
      const image = figure.querySelector("img");
      const readout = figure.querySelector(".readout");
      image.addEventListener("pointermove", (event) => {
        const box = image.getBoundingClientRect();
        const column = Math.floor(((event.clientX - box.left) / box.width) * names.length);
        const row = Math.floor(((event.clientY - box.top) / box.height) * names.length);
        if (names[row] === undefined || names[column] === undefined) return;
        readout.textContent = row === column ? `${names[row]}, rightly` : `${names[row]}, taken for ${names[column]}`;
        readout.classList.add("live");
      });
    });
  }

  // MARK: Commands

  function commands() {
    all(".command").forEach((block) => {
      const text = all("code", block).map((code) => code.textContent).join("\n");
      const button = create("button", { type: "button", textContent: "Copy" });
      button.addEventListener("click", async () => {
        try {
          await navigator.clipboard.writeText(text);
          button.textContent = "Copied";
        } catch {
          getSelection().selectAllChildren(block.querySelector("pre"));
          button.textContent = "Selected";
        }
      });
      block.append(button);
    });
  }

  // MARK: Navigation

  function current() {
    const links = all(".top li a");
    const sections = links.map((link) => document.querySelector(link.getAttribute("href")));
    const mark = () => {
      let found = -1;
      sections.forEach((section, index) => {
        if (section && section.getBoundingClientRect().top < innerHeight * 0.35) found = index;
      });
      links.forEach((link, index) => {
        if (index === found) link.setAttribute("aria-current", "true");
        else link.removeAttribute("aria-current");
      });
    };
    addEventListener("scroll", mark, { passive: true });
    mark();
  }

  theme();
  all("table.sortable").forEach(sortable);
  all(".table").forEach(shortened);
  reveal(all("[data-search]").map(searchable));
  charts();
  all(".pictures").forEach(browser);
  matrices();
  commands();
  edges();
  current();
})();
