"use strict";
(() => {
  const data = JSON.parse(document.getElementById("data").textContent);
  const { tensors, ops, steps, values, equations, parts } = data;
  const $ = (id) => document.getElementById(id);
  const total = steps.length;
  const svg = document.querySelector(".graph svg");
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
    canvas.setAttribute("role", "img");
    canvas.setAttribute("aria-label", `${what}: heat map from ${value.lo} to ${value.hi}, mean ${value.mean}`);
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
    } else add(box, make("div", "caption", value.k === "empty" ? "empty" : `${minus(value.lo)} … ${minus(value.hi)}, mean ${minus(value.mean)}`));
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
    add(box, opening("forward", titled(op), op), op.f && maths("div", "formula", op.f));
    const flow = make("div", "flow");
    op.in.forEach((x, i) => add(flow, i ? after(op.y.length < 3 ? op.y : ",", tensorCard(operand(x))) : tensorCard(operand(x))));
    add(box, add(flow, after("→", tensorCard(result, "", true))), facts(op, op.c));
    const back = steps.findIndex((each) => each.p === "b" && each.op === step.op);
    if (back >= 0 && steps[back].e.some((edge) => edge.eq)) {
      const section = make("div");
      add(section, make("h2", "", "On the way back"));
      for (const edge of steps[back].e) if (edge.eq && !guessing) add(section, maths("div", "formula", edge.eq));
      if (guessing) add(section, make("p", "caption", "Hidden while you guess."));
      add(box, section);
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
        add(branch, add(make("div", "flow"), slopeCard(result, "incoming cotangent"), sign("→"), make("span", "sign", "?")), question(edge, t, index));
        add(box, branch);
        continue;
      }
      if (edge.eq) add(branch, maths("div", "formula", edge.eq));
      const flow = make("div", "flow"), arriving = edge.a ?? t.g;
      add(flow, slopeCard(result, "incoming cotangent"));
      if (edge.lv !== undefined) add(flow, after("×", card("local derivative", edge.lm, t.s, edge.lv, "local derivative")));
      else if (edge.lm) add(flow, after("×", add(make("div", "card"), make("div", "role", "local derivative"), maths("div", "name", edge.lm))));
      add(flow, after(edge.lm ? "=" : "→", slopeCard(t, edge.of > 1 ? `outgoing, arrival ${edge.nth} of ${edge.of}` : "outgoing cotangent", true, arriving)));
      add(branch, flow);
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

  // The graph: what stands where in it, and what of it is lit.
  const nodes = new Map(), edges = [], covers = [];
  const madeAt = new Map(), leftAt = new Map();
  steps.forEach((step, i) => {
    if (step.p === "f") madeAt.set(step.op, i);
    if (step.p === "b") leftAt.set(step.op, i);
  });
  const opOf = new Map(ops.map((op, i) => [op.t, i]));
  if (svg) {
    svg.removeAttribute("width"); svg.removeAttribute("height");
    const view = svg.viewBox.baseVal;
    svg.style.width = `${Math.round(view.width * 1.2)}px`;
    svg.setAttribute("role", "presentation");
    const paper = svg.querySelector(".graph > polygon");
    if (paper) paper.setAttribute("class", "graph-paper");
    for (const element of svg.querySelectorAll(".node")) {
      const name = element.dataset.node, number = Number(name.slice(1));
      nodes.set(name, element);
      if (name[0] === "o") element.classList.add("operation");
      else if (name[0] === "t") element.classList.add(tensors[number].k);
      else if (name[0] === "c") element.classList.add("constant");
      const title = document.createElementNS(svg.namespaceURI, "title");
      title.textContent = name[0] === "t" ? `${tensors[number].n}, ${tensors[number].s}` : name[0] === "o" ? ops[opOf.get(number)].o : "";
      if (title.textContent) element.prepend(title);
      element.addEventListener("click", () => {
        if (name[0] === "p") return openPart(number);
        const op = opOf.get(Number(name.slice(1)));
        if (op === undefined) { if (name[0] === "t" && tensors[number].done) go(tensors[number].done); return; }
        go(current >= data.forward && leftAt.has(op) ? leftAt.get(op) : madeAt.get(op));
      });
    }
    for (const element of svg.querySelectorAll(".edge")) edges.push({ element, from: element.dataset.from, to: element.dataset.to });
    for (const cluster of svg.querySelectorAll(".cluster")) fitCluster(cluster);
  }
  function fitCluster(cluster) {
    const frame = cluster.querySelector("path, polygon").getBBox(), title = cluster.querySelector("text");
    const name = title ? title.textContent : "module";
    const inside = [...nodes.values()].filter((node) => {
      const box = node.getBBox(), x = box.x + box.width / 2, y = box.y + box.height / 2;
      return x > frame.x && x < frame.x + frame.width && y > frame.y && y < frame.y + frame.height;
    });
    const count = inside.filter((node) => node.classList.contains("operation")).length;
    const group = document.createElementNS(svg.namespaceURI, "g");
    const shape = cluster.querySelector("path, polygon").cloneNode();
    shape.setAttribute("class", "cover");
    group.append(shape);
    [[name, 15, 0], [plural(count, "operation"), 10, 16]].forEach(([text, points, down]) => {
      const label = document.createElementNS(svg.namespaceURI, "text");
      label.textContent = text;
      label.setAttribute("x", frame.x + frame.width / 2); label.setAttribute("y", frame.y + frame.height / 2 + down);
      label.setAttribute("text-anchor", "middle"); label.setAttribute("font-size", points); label.setAttribute("font-family", "Helvetica, sans-serif");
      group.append(label);
    });
    group.style.display = "none";
    group.style.cursor = "pointer";
    svg.querySelector(".graph").append(group);
    const entry = { cluster, group, inside: new Set(inside), shape, folded: false, name };
    covers.push(entry);
    cluster.setAttribute("role", "button");
    cluster.setAttribute("tabindex", "0");
    const toggle = (event) => { event.stopPropagation(); setFolded(entry, !entry.folded); };
    cluster.addEventListener("click", toggle);
    group.addEventListener("click", toggle);
    cluster.addEventListener("keydown", (event) => {
      if (event.key === "Enter" || event.key === " ") { event.preventDefault(); toggle(event); }
    });
    setFolded(entry, false);
  }
  function setFolded(entry, folded) {
    entry.folded = folded;
    entry.group.style.display = folded ? "" : "none";
    entry.cluster.setAttribute("aria-expanded", String(!folded));
    entry.cluster.setAttribute("aria-label", `${entry.name}: ${folded ? "expand" : "collapse"}`);
    const hidden = new Set(covers.filter((each) => each.folded).flatMap((each) => [...each.inside]));
    for (const node of nodes.values()) node.style.visibility = hidden.has(node) ? "hidden" : "";
    for (const edge of edges) {
      edge.element.style.visibility = covers.some((each) => each.folded && each.inside.has(nodes.get(edge.from)) && each.inside.has(nodes.get(edge.to))) ? "hidden" : "";
    }
    if ($("fold")) {
      const all = covers.length > 0 && covers.every((each) => each.folded);
      $("fold").setAttribute("aria-pressed", String(all));
      $("fold").textContent = all ? "Expand all" : "Collapse all";
    }
    if (current >= 0) light(current, false);
  }

  function light(index, move) {
    if (!svg) return;
    const step = steps[index], reverse = step.p !== "f", now = new Set(), near = new Set(), lit = [];
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
        if ((edge.to === o && (!reverse || near.has(edge.from))) || edge.from === o) lit.push(edge);
      });
    }
    for (const [name, node] of nodes) {
      const number = Number(name.slice(1)), op = opOf.get(number);
      const future = name[0] !== "p" && name[0] !== "c" && op !== undefined && madeAt.get(op) > index;
      node.classList.toggle("future", future);
      node.classList.toggle("now", now.has(name));
      node.classList.toggle("near", near.has(name));
      node.classList.toggle("reached", reverse && name[0] === "t" && tensors[number].done <= index);
    }
    for (const edge of edges) {
      edge.element.classList.toggle("lit", lit.includes(edge));
      const end = edge.to[0] === "o" ? edge.to : edge.from, op = opOf.get(Number(end.slice(1)));
      edge.element.classList.toggle("future", end[0] === "o" && op !== undefined && madeAt.get(op) > index);
    }
    for (const entry of covers) {
      const here = [...now].some((name) => entry.inside.has(nodes.get(name)));
      entry.shape.style.stroke = entry.folded && here ? `var(--${reverse ? "reverse" : "forward"})` : "";
      entry.shape.style.strokeWidth = entry.folded && here ? "2.6" : "";
    }
    const target = nodes.get([...now][0]);
    if (move && target) {
      const pane = $("graph"), box = target.getBoundingClientRect(), frame = pane.getBoundingClientRect();
      const smooth = matchMedia("(prefers-reduced-motion: reduce)").matches ? "auto" : "smooth";
      pane.scrollBy({ top: box.top + box.height / 2 - frame.top - frame.height / 2, left: box.left + box.width / 2 - frame.left - frame.width / 2, behavior: smooth });
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
    $("equations").hidden = !equations.length;
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
    document.querySelector(".panel").scrollTop = 0;
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
  addEventListener("beforeprint", () => play(false));
  addEventListener("hashchange", () => go(linked(), true));

  const loss = tensors[steps[data.forward].t];
  $("loss-value").textContent = values[loss.v].k === "number" ? `= ${minus(values[loss.v].v)}` : "";
  $("slider").max = total;
  document.documentElement.style.setProperty("--split", data.forward / total);
  if (!data.equations.length) $("equations").hidden = true;
  theme(dark.matches ? "dark" : "light");
  go(linked(), true);
})();
