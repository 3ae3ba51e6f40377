"use strict";
(async () => {
  const $ = (id) => document.getElementById(id);
  const unpacked = (text) => new Response(
    new Blob([Uint8Array.from(atob(text), (c) => c.charCodeAt(0))]).stream().pipeThrough(new DecompressionStream("deflate"))
  ).json();
  const written = $("data").textContent, packed = written[0] !== "{";
  if (packed && !window.DecompressionStream) {
    $("step").textContent = "This browser cannot unpack the page: it is older than DecompressionStream (2023).";
    return;
  }
  const data = packed ? await unpacked(written) : JSON.parse(written);
  const { tensors, ops, steps, values, equations, parts } = data;
  const total = steps.length;
  const svg = document.querySelector("#whole svg"), overview = document.querySelector("#folded svg");
  let current = -1, timer = 0, guessing = false;
  const guessed = new Set();

  // Elements from text alone; only mathematics, which the library wrote and escaped, comes as markup.
  const make = (tag, className, text) => {
    const element = document.createElement(tag);
    if (className) element.className = className;
    if (text !== undefined) element.textContent = text;
    return element;
  };
  const maths = (tag, className, markup, text) => {
    const element = make(tag, className, markup ? undefined : text);
    if (markup) element.innerHTML = markup;
    return element;
  };
  const add = (parent, ...children) => { parent.append(...children.filter(Boolean)); return parent; };
  const plural = (n, word) => `${n.toLocaleString("en")} ${word}${n === 1 ? "" : "s"}`;
  const size = (n) => n < 1000 ? plural(n, "byte") : n < 1e6 ? `${(n / 1e3).toFixed(1)} kB` : `${(n / 1e6).toFixed(1)} MB`;
  const minus = (v) => String(v).replace("-", "−");

  // Values.
  const css = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).split(",").map(Number);
  let palette = {};
  const readPalette = () => { palette = { zero: css("--zero"), plus: css("--plus"), minus: css("--minus") }; };
  const shade = (x) => {  // from -1 to 1, small differences lifted
    const end = x < 0 ? palette.minus : palette.plus, part = Math.pow(Math.abs(x), 0.7);
    return palette.zero.map((from, i) => Math.round(from + (end[i] - from) * part));
  };
  const heat = (value, what) => {
    const canvas = make("canvas", "heat");
    canvas.width = value.w; canvas.height = value.h;
    const zoom = Math.max(2, Math.min(9, Math.floor(Math.min(250 / value.w, 170 / value.h))));
    canvas.style.width = `${value.w * zoom}px`;
    canvas.style.height = `${Math.max(value.h * zoom, 14)}px`;  // one row of cells is still to be seen
    canvas.setAttribute("role", "img");
    canvas.setAttribute("aria-label", `${what}: heat map from ${value.lo} to ${value.hi}, mean ${value.average}`);
    const context = canvas.getContext("2d"), image = context.createImageData(value.w, value.h), bytes = atob(value.b);
    for (let i = 0; i < bytes.length; i++) {
      const code = bytes.charCodeAt(i), [r, g, b] = shade((code - 128) / 127);
      image.data.set(code ? [r, g, b, 255] : [128, 128, 128, 60], 4 * i);
    }
    context.putImageData(image, 0, 0);
    return canvas;
  };
  const show = (index, what) => {
    const value = values[index], box = make("div", "value");
    if (value.k === "number") add(box, make("div", "scalar", minus(value.v)));
    else if (value.k === "numbers") {
      const rows = value.column ? value.v[0].map((v) => [v]) : value.v;
      const table = make("table", "numbers"), most = Math.max(...rows.flat().map((v) => Math.abs(v) || 0), 1e-300);
      for (const row of rows) {
        const line = make("tr");
        for (const v of row) {
          const cell = make("td", "", minus(v));
          if (typeof v === "number") cell.style.background = `rgba(${(v < 0 ? palette.minus : palette.plus).join(",")},${(0.34 * Math.abs(v) / most).toFixed(3)})`;
          line.append(cell);
        }
        table.append(line);
      }
      add(box, add(make("div", "scroll"), table));
    } else if (value.k === "heat") {
      add(box, heat(value, what));
      const scale = make("div", "scale");
      add(scale, make("span", "", minus(-value.most)), make("i"), make("span", "", minus(value.most)));
      add(box, scale);
      if (value.note) add(box, make("div", "caption", value.note));
    } else add(box, make("div", "caption", value.k === "empty" ? "empty" : `${minus(value.lo)} … ${minus(value.hi)}, mean ${minus(value.average)}`));
    if (value.wrong) add(box, make("div", "caption", `${value.wrong} not finite`));
    return box;
  };
  const card = (name, markup, shape, index, role, out) => {
    const box = make("div", `card${out ? " out" : ""}`), head = make("div", "head");
    add(head, maths("span", "name", markup, name), make("span", "shape", shape));
    return add(box, role && make("div", "role", role), head, show(index, name));
  };
  const tensorCard = (t, role, out) => card(t.n, t.m, `${t.s}${t.d ? ` · ${t.d}` : ""}`, t.v, role, out);
  const slopeCard = (t, role, out, index) => card(t.gn, t.gm, t.s, index ?? t.g, role, out);
  const operand = (x) => typeof x === "number" ? tensors[x] : x;
  const sign = (text) => make("span", "sign", text);
  const after = (text, box) => add(make("div", "pair"), sign(text), box);

  // One step.
  const facts = (op, cost) => {
    const list = make("dl", "facts");
    const fact = (name, ...content) => { const dd = make("dd"); add(dd, ...content); add(list, make("dt", "", name), dd); };
    if (op.src) fact("your code", make("code", "", op.src[2] || "…"), make("span", "where", `${op.src[0]}, line ${op.src[1]}`));
    fact("cost", `${plural(cost[0], "operation")}, ${size(cost[1])} read and written`);
    return list;
  };
  const opening = (phase, title, op) => {
    const head = make("div"), line = make("div");
    add(line, make("span", "phase", phase), op && op.sc && make("span", "where", op.sc));
    return add(head, line, make("h2", "title", title));
  };
  const titled = (op) => op.y !== op.o && op.y.length < 4 ? `${op.y}  ${op.o}` : op.o;

  const forwardStep = (step, box) => {
    const op = ops[step.op], result = tensors[op.t];
    add(box, opening("forward", titled(op), op), op.f && maths("div", "formula", op.f), op.why && make("p", "caption reason", op.why));
    const flow = make("div", "flow");
    op.in.forEach((x, i) => add(flow, i ? after(op.y.length < 3 ? op.y : ",", tensorCard(operand(x))) : tensorCard(operand(x))));
    add(box, add(flow, after("→", tensorCard(result, "", true))), facts(op, op.c));
    const rules = leftAt.has(step.op) ? steps[leftAt.get(step.op)].e.filter((edge) => edge.eq) : [];
    if (rules.length) {
      const line = make("div", "rules");
      for (const edge of rules) if (!guessing) add(line, maths("div", "formula", edge.eq));
      add(box, make("h2", "", "On the way back"), guessing ? make("p", "caption", "Hidden while you guess.") : line);
    }
    return `Forward: ${op.o} gives ${result.n}, ${result.s}`;
  };
  const seedStep = (step, box) => {
    const t = tensors[step.t];
    add(box, opening("reverse", "The reverse pass begins"));
    add(box, make("p", "", "The derivative of the cost with respect to itself is one. From here the chain rule runs back, node by node."));
    add(box, add(make("div", "flow"), slopeCard(t, "", true)));
    return `Reverse pass begins with one at ${t.n}`;
  };
  const reverseStep = (step, box, index) => {
    const op = ops[step.op], result = tensors[op.t];
    const hidden = guessing && !guessed.has(index) && step.e.some((edge) => edge.guess);
    add(box, opening("reverse", `back through ${titled(op)}`, op), op.f && maths("div", "formula", op.f));
    for (const edge of step.e) {
      const t = tensors[edge.t], branch = make("div", "branch");
      add(branch, make("h3", "", `to ${t.n}`));
      if (hidden && edge.guess) {
        add(branch, add(make("div", "flow"), slopeCard(result, "incoming cotangent"), sign("→"), question(edge, t, index)));
        add(box, branch);
        continue;
      }
      if (edge.eq) add(branch, maths("div", "formula", edge.eq));
      const flow = make("div", "flow"), arriving = edge.a ?? t.g;
      add(flow, slopeCard(result, "incoming cotangent"));
      if (edge.lv !== undefined) add(flow, after("×", card("local derivative", edge.lm, values[edge.lv].k === "number" ? "scalar" : t.s, edge.lv, "local derivative")));
      else if (edge.lm) add(flow, after("×", add(make("div", "card"), make("div", "role", "local derivative"), maths("div", "name", edge.lm))));
      add(flow, after(edge.lm ? "=" : "→", slopeCard(t, edge.of > 1 ? `outgoing, arrival ${edge.nth} of ${edge.of}` : "outgoing cotangent", true, arriving)));
      add(branch, flow);
      if (edge.why) add(branch, make("p", "caption reason", edge.why));
      if (edge.note) add(branch, make("p", "where", edge.note));
      if (edge.means) add(branch, add(make("p", "where"), "where ", maths("span", "", edge.means)));
      if (edge.of > 1) {
        const sum = make("div", "sum");
        add(sum, make("p", "", edge.nth === 1
          ? `${t.n} is used ${edge.of} times: what comes back along each way is added up. This is the first arrival.`
          : `Arrival ${edge.nth} of ${edge.of} at ${t.n} is added to what was there.`));
        if (edge.before !== undefined) {
          add(sum, add(make("div", "flow"), slopeCard(t, "so far", false, edge.before),
            after("+", slopeCard(t, "this arrival", false, edge.a)),
            after("=", slopeCard(t, edge.nth === edge.of ? "complete" : "so far", true, edge.total))));
        }
        add(branch, sum);
      }
      add(box, branch);
    }
    add(box, facts(op, step.c));
    return hidden ? `Reverse through ${op.o}: guess the gradient` : `Reverse through ${op.o}: ${step.e.map((e) => tensors[e.t].gn).join(", ")}`;
  };
  const question = (edge, t, index) => {
    const box = make("div", "guess"), choices = make("div", "choices"), verdict = make("p", "verdict");
    verdict.setAttribute("role", "status");
    add(box, add(make("p"), "Which of these arrives as ", maths("span", "", t.gm, t.gn), "?"));
    const order = edge.guess.map((_, i) => i).sort((a, b) => ((a * 7 + index * 5) % 11) - ((b * 7 + index * 5) % 11));
    for (const i of order) {
      const button = maths("button", "", edge.guess[i]);
      button.type = "button";
      button.addEventListener("click", () => {
        button.classList.add(i ? "wrong" : "right");
        button.disabled = true;
        verdict.textContent = i ? "Not this one: try another." : "Yes.";
        if (!i) {
          edge.solved = true;
          if (steps[index].e.every((each) => each.solved || !each.guess)) {
            guessed.add(index);
            setTimeout(() => { if (current === index) { render(index); $("next").focus(); } }, 700);
          }
        }
      });
      add(choices, button);
    }
    return add(box, choices, verdict);
  };

  // The graph: what stands where in it, and what of it is lit. It is drawn twice, whole and with its modules folded.
  const drawings = [], covers = [], modules = data.modules;
  const madeAt = new Map(), leftAt = new Map();
  steps.forEach((step, i) => {
    if (step.p === "f") madeAt.set(step.op, i);
    if (step.p === "b") leftAt.set(step.op, i);
  });
  const opOf = new Map(ops.map((op, i) => [op.t, i]));
  const begins = new Map();  // when something of a module is first computed
  for (const [name, module] of Object.entries(modules)) {
    const at = name[0] === "o" ? madeAt.get(opOf.get(Number(name.slice(1)))) : Infinity;
    begins.set(module, Math.min(at, begins.get(module) ?? Infinity));
  }
  const since = (name) => {  // the step from which on a node is there
    if (name[0] === "b") return begins.get(name);
    const op = "ot".includes(name[0]) ? opOf.get(Number(name.slice(1))) : undefined;
    return op === undefined ? -1 : madeAt.get(op);
  };
  const pressed = (element, act) => {
    element.setAttribute("role", "button");
    element.setAttribute("tabindex", "0");
    element.addEventListener("click", (event) => { event.stopPropagation(); act(); });
    element.addEventListener("keydown", (event) => {
      if (event.key === "Enter" || event.key === " ") { event.preventDefault(); act(); }
    });
  };
  const drawn = (picture, at) => {
    const nodes = new Map(), edges = [];
    picture.removeAttribute("width"); picture.removeAttribute("height");
    picture.style.setProperty("--wide", Math.round(picture.viewBox.baseVal.width));
    picture.setAttribute("role", "presentation");
    const paper = picture.querySelector(".graph > polygon");
    if (paper) paper.setAttribute("class", "graph-paper");
    for (const element of picture.querySelectorAll(".node")) {
      const name = element.dataset.node, number = Number(name.slice(1));
      nodes.set(name, element);
      if (name[0] === "b") {
        element.classList.add("module");
        const lines = [...element.querySelectorAll("text")].map((line) => line.textContent);
        element.setAttribute("aria-label", `${lines.join(", ")}: expand`);
        pressed(element, () => openModule(name));
        continue;
      }
      if (name[0] === "p") { pressed(element, () => openPart(number)); continue; }
      element.classList.add({ o: "operation", t: (tensors[number] || {}).k, c: "constant" }[name[0]]);
      const title = document.createElementNS(picture.namespaceURI, "title");
      title.textContent = name[0] === "t" ? `${tensors[number].n}, ${tensors[number].s}` : name[0] === "o" ? ops[opOf.get(number)].o : "";
      if (title.textContent) element.prepend(title);
      element.addEventListener("click", () => {
        const op = opOf.get(number);
        if (op === undefined) { if (name[0] === "t" && tensors[number].done) stop(tensors[number].done); return; }
        stop(current >= data.forward && leftAt.has(op) ? leftAt.get(op) : madeAt.get(op));
      });
    }
    for (const element of picture.querySelectorAll(".edge")) edges.push({ element, from: element.dataset.from, to: element.dataset.to });
    drawings.push({ picture, nodes, edges, at });
    return { nodes, edges };
  };
  const { nodes, edges } = svg ? drawn(svg, (name) => name) : { nodes: new Map(), edges: [] };
  if (overview) drawn(overview, (name) => modules[name] ?? name);
  if (svg) for (const cluster of svg.querySelectorAll(".cluster")) fitCluster(cluster);
  for (const entry of covers) {
    const around = covers.filter((each) => each !== entry && holds(each.frame, entry.frame));
    entry.around = around;
  }
  covers.forEach((entry) => setFolded(entry, false));

  function holds(frame, box) {
    const x = box.x + box.width / 2, y = box.y + box.height / 2;
    return box.width <= frame.width && box.height <= frame.height && x > frame.x && x < frame.x + frame.width && y > frame.y && y < frame.y + frame.height;
  }
  function fitCluster(cluster) {
    const frame = cluster.querySelector("path, polygon").getBBox(), title = cluster.querySelector("text");
    const name = title ? title.textContent : "module";
    const inside = [...nodes].filter(([, node]) => holds(frame, node.getBBox()));
    const count = inside.filter(([key]) => key[0] === "o").length;
    const group = document.createElementNS(svg.namespaceURI, "g");
    const shape = cluster.querySelector("path, polygon").cloneNode();
    shape.setAttribute("class", "cover");
    group.append(shape);
    [[name, 13, 0], [plural(count, "operation"), 10, 15]].forEach(([text, points, down]) => {
      const label = document.createElementNS(svg.namespaceURI, "text");
      label.textContent = text;
      label.setAttribute("x", frame.x + frame.width / 2); label.setAttribute("y", frame.y + frame.height / 2 + down);
      label.setAttribute("text-anchor", "middle"); label.setAttribute("font-size", points); label.setAttribute("font-family", "Helvetica, sans-serif");
      group.append(label);
    });
    group.style.cursor = "pointer";
    svg.querySelector(".graph").append(group);
    const entry = { cluster, group, frame, shape, name, inside: new Set(inside.map(([key]) => key)), folded: false, around: [] };
    covers.push(entry);
    const toggle = () => setFolded(entry, !entry.folded);
    pressed(cluster, toggle);
    group.addEventListener("click", toggle);
  }
  function setFolded(entry, folded) {
    entry.folded = folded;
    const hidden = new Set(covers.filter((each) => each.folded).flatMap((each) => [...each.inside]));
    for (const each of covers) {
      const covered = each.around.some((outer) => outer.folded);
      each.group.style.display = each.folded && !covered ? "" : "none";
      each.cluster.style.visibility = covered ? "hidden" : "";
      each.cluster.setAttribute("aria-expanded", String(!each.folded));
      each.cluster.setAttribute("aria-label", `${each.name}: ${each.folded ? "expand" : "collapse"}`);
    }
    for (const [name, node] of nodes) node.style.visibility = hidden.has(name) ? "hidden" : "";
    for (const edge of edges) {
      edge.element.style.visibility = covers.some((each) => each.folded && each.inside.has(edge.from) && each.inside.has(edge.to)) ? "hidden" : "";
    }
    const closed = Boolean(overview) && covers.every((each) => each.folded || each.around.length);
    $("whole").hidden = closed;
    $("folded").hidden = !closed;
    $("fold").setAttribute("aria-pressed", String(closed));
    $("fold").textContent = closed ? "Expand all" : "Collapse all";
    if (current >= 0) light(current, true);
  }
  function openModule(name) {
    const entry = covers.find((each) => !each.around.length && [...each.inside].some((key) => modules[key] === name));
    if (!entry) return;
    covers.forEach((each) => { if (each.around.includes(entry)) each.folded = false; });
    setFolded(entry, false);
    entry.cluster.focus();
  }

  function light(index, move) {
    const step = steps[index], reverse = step.p !== "f", now = new Set(), near = new Set(), lit = new Set();
    if (parts.length) {
      if (step.p !== "s") now.add(`p${ops[step.op].part}`);
    } else if (step.p === "s") now.add(`t${step.t}`);
    else {
      const op = ops[step.op], o = `o${op.t}`;
      now.add(o);
      const touched = reverse ? step.e.map((edge) => `t${edge.t}`) : op.in.filter((x) => typeof x === "number").map((x) => `t${x}`);
      touched.forEach((name) => near.add(name));
      near.add(`t${op.t}`);
      edges.forEach((edge) => {
        if ((edge.to === o && (!reverse || near.has(edge.from))) || edge.from === o) lit.add(edge);
      });
    }
    for (const { picture, nodes: shown, edges: lines, at } of drawings) {
      const here = new Set([...now].map(at)), beside = new Set([...near].map(at));
      const ways = new Set([...lit].map((edge) => `${at(edge.from)} ${at(edge.to)}`));
      for (const [name, node] of shown) {
        node.classList.toggle("future", since(name) > index);
        node.classList.toggle("now", here.has(name));
        node.classList.toggle("near", beside.has(name));
        node.classList.toggle("reached", reverse && name[0] === "t" && tensors[Number(name.slice(1))].done <= index);
      }
      for (const { element, from, to } of lines) {
        element.classList.toggle("lit", ways.has(`${from} ${to}`));
        element.classList.toggle("future", Math.max(since(from), since(to)) > index);
      }
      const target = shown.get([...here][0]);
      if (move && target && picture.getClientRects().length) {
        const pane = $("graph"), box = target.getBoundingClientRect(), frame = pane.getBoundingClientRect();
        const smooth = matchMedia("(prefers-reduced-motion: reduce)").matches ? "auto" : "smooth";
        pane.scrollBy({ top: box.top + box.height / 2 - frame.top - frame.height / 2, left: box.left + box.width / 2 - frame.left - frame.width / 2, behavior: smooth });
      }
    }
    for (const entry of covers) {
      const here = entry.folded && [...now].some((name) => entry.inside.has(name));
      entry.shape.style.stroke = here ? `var(--${reverse ? "reverse" : "forward"})` : "";
      entry.shape.style.strokeWidth = here ? "2.6" : "";
    }
  }

  // Large graphs: an outline of parts, each of which lists its operations when it is opened.
  const outlineParts = [];
  const page = 200;
  parts.forEach((part, number) => {
    const details = make("details");
    add(details, add(make("summary"), `${part.n} · ${plural(part.ops.length, "operation")}`));
    let filled = 0;
    const fill = () => {
      const end = Math.min(filled + page, part.ops.length);
      for (; filled < end; filled++) {
        const op = part.ops[filled], button = make("button", "", `${op + 1}. ${ops[op].o} → ${tensors[ops[op].t].n}`);
        button.type = "button"; button.dataset.op = op;
        button.addEventListener("click", () => go(current >= data.forward && leftAt.has(op) ? leftAt.get(op) : madeAt.get(op)));
        details.append(button);
      }
      if (filled < part.ops.length) {
        const more = make("button", "", `… ${part.ops.length - filled} more`);
        more.type = "button";
        more.addEventListener("click", () => { more.remove(); fill(); });
        details.append(more);
      }
    };
    details.addEventListener("toggle", () => { if (details.open && !filled) fill(); });
    $("outline").append(details);
    outlineParts.push(details);
  });
  function openPart(number) {
    outlineParts[number].open = true;
    outlineParts[number].scrollIntoView({ block: "nearest" });
    outlineParts[number].querySelector("summary").focus();
  }

  // The equations.
  const shownLines = equations.map((line) => {
    const item = make("li", "later");
    $("lines").append(item);
    return { line, item, state: "" };
  });
  const showEquations = (index) => {
    const coming = equations.filter((line) => line.s > index).length;
    $("coming").textContent = coming ? `${plural(coming, "equation")} ${coming === equations.length ? "will" : "more"} become${coming === 1 && coming !== equations.length ? "s" : ""} true on the way back.` : "";
    if (data.untold) $("coming").textContent = `There are no equations here: ${data.untold}.`;
    $("equations").hidden = !equations.length && !data.untold;
    for (const shown of shownLines) {
      const { line, item } = shown, open = line.s < index || (line.s === index && !(guessing && !guessed.has(index) && steps[index].p === "b"));
      const state = !open ? "later" : line.s === index ? "new" : "true";
      if (state === shown.state) continue;
      shown.state = state;
      item.className = state;
      item.replaceChildren();
      item.hidden = !open && line.s !== index;
      add(item, make("span", "bp", line.bp ?? ""), open ? maths("span", "", line.m, line.x) : make("span", "", "?"));
    }
    // The latest is in sight, and nothing else moves.
    const latest = shownLines.findLast(({ state }) => state !== "later"), pane = $("lines");
    if (latest) pane.scrollTop += latest.item.getBoundingClientRect().bottom - pane.getBoundingClientRect().bottom;
  };

  function render(index) {
    const step = steps[index], box = make("div");
    const said = step.p === "f" ? forwardStep(step, box) : step.p === "s" ? seedStep(step, box) : reverseStep(step, box, index);
    $("step").replaceChildren(box);
    document.body.classList.toggle("forward", step.p === "f");
    document.body.classList.toggle("reverse", step.p !== "f");
    showEquations(index);
    $("slider").value = index + 1;
    $("slider").setAttribute("aria-valuetext", `step ${index + 1} of ${total}: ${said}`);
    $("count").textContent = `${index + 1} / ${total}`;
    $("live").textContent = `Step ${index + 1} of ${total}. ${said}`;
    for (const id of ["first", "back"]) $(id).disabled = index === 0;
    for (const id of ["next", "last"]) $(id).disabled = index === total - 1;
    if (parts.length) {
      outlineParts.forEach((details, i) => details.classList.toggle("now", step.p !== "s" && ops[step.op].part === i));
      document.querySelectorAll("#outline [aria-current]").forEach((each) => each.removeAttribute("aria-current"));
      const button = step.p !== "s" && document.querySelector(`#outline [data-op="${step.op}"]`);
      if (button) button.setAttribute("aria-current", "step");
    }
  }
  function go(index, keep) {
    index = Math.max(0, Math.min(total - 1, index));
    if (index === current) return;
    current = index;
    render(index);
    light(index, true);
    document.querySelector(".panel").scrollTop = $("step").scrollTop = 0;
    if (!keep) { try { history.replaceState(null, "", `#step=${index + 1}`); } catch { /* a frame without an address */ } }
  }
  const linked = () => { const found = /step=(\d+)/.exec(location.hash); return found ? Number(found[1]) - 1 : 0; };

  // Playing, keys and switches.
  function play(on) {
    clearInterval(timer);
    timer = on ? setInterval(() => current < total - 1 ? go(current + 1) : play(false), 1200) : 0;
    $("play").textContent = on ? "❚❚" : "▶";
    $("play").setAttribute("aria-label", on ? "Pause" : "Play");
  }
  const toggle = () => { if (!timer && current === total - 1) go(0); play(!timer); };
  const stop = (to) => { play(false); go(to); };
  $("first").addEventListener("click", () => stop(0));
  $("back").addEventListener("click", () => stop(current - 1));
  $("next").addEventListener("click", () => stop(current + 1));
  $("last").addEventListener("click", () => stop(total - 1));
  $("play").addEventListener("click", toggle);
  $("slider").addEventListener("input", (event) => stop(Number(event.target.value) - 1));
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const pressable = event.target.closest("button, summary, [role=button]");
    if (event.key === " ") { if (pressable) return; event.preventDefault(); return toggle(); }
    const to = { ArrowRight: current + 1, ArrowDown: current + 1, ArrowLeft: current - 1, ArrowUp: current - 1, Home: 0, End: total - 1 }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    stop(to);
  });
  $("guess").addEventListener("click", () => {
    guessing = !guessing;
    guessed.clear();
    steps.forEach((step) => (step.e || []).forEach((edge) => delete edge.solved));
    $("guess").setAttribute("aria-checked", String(guessing));
    render(current);
  });
  $("guess").hidden = !steps.some((step) => (step.e || []).some((edge) => edge.guess));
  $("fold").hidden = !covers.length;
  $("fold").addEventListener("click", () => {
    const folded = !covers.every((each) => each.folded);
    covers.forEach((entry) => setFolded(entry, folded));
  });
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const theme = (name) => {
    document.documentElement.dataset.theme = name;
    readPalette();
    if (current >= 0) render(current);
  };
  $("theme").addEventListener("click", () => theme(document.documentElement.dataset.theme === "dark" ? "light" : "dark"));
  dark.addEventListener("change", () => theme(dark.matches ? "dark" : "light"));
  let before = "";
  addEventListener("beforeprint", () => { play(false); before = document.documentElement.dataset.theme; theme("light"); });
  addEventListener("afterprint", () => theme(before));
  addEventListener("hashchange", () => go(linked(), true));

  const loss = tensors[steps[data.forward].t];
  $("loss-value").textContent = values[loss.v].k === "number" ? `= ${minus(values[loss.v].v)}` : "";
  $("slider").max = total;
  document.documentElement.style.setProperty("--split", data.forward / total);
  theme(dark.matches ? "dark" : "light");
  go(linked(), true);
})();
