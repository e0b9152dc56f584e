"use strict";
// Sortable tables: a click on a heading sorts by it, a second click turns the order.
for (const table of document.querySelectorAll("table.sortable")) {
  const heads = [...table.tHead.rows[0].cells];
  heads.forEach((head, column) => head.querySelector("button")?.addEventListener("click", () => {
    const down = head.getAttribute("aria-sort") === "none" ? head.classList.contains("number") : head.getAttribute("aria-sort") === "ascending";
    heads.forEach(other => other.hasAttribute("aria-sort") && other.setAttribute("aria-sort", "none"));
    head.setAttribute("aria-sort", down ? "descending" : "ascending");
    const key = row => row.cells[column].dataset.v ?? row.cells[column].textContent.trim();
    const rows = [...table.tBodies[0].rows].map((row, at) => ({ row, at, key: key(row) }));
    const numeric = head.classList.contains("number");
    rows.sort((a, b) => {
      // Cells without a value stay at the end either way.
      if (a.key === "" || b.key === "") return (a.key === "") - (b.key === "") || a.at - b.at;
      const order = numeric ? a.key - b.key : a.key.localeCompare(b.key, "en", { numeric: true });
      return (down ? -order : order) || a.at - b.at;
    });
    table.tBodies[0].append(...rows.map(entry => entry.row));
  }));
}

const palette = JSON.parse(document.getElementById("palette")?.textContent ?? "[]");
const sequence = ["#3B528B", "#2C728E", "#21918C", "#28AE80", "#5EC962", "#A5C13B", "#D3B52A", "#E8A33D", "#EE8A5B", "#E5707E", "#B6558F"];
const shapes = ["circle", "triangle", "square", "diamond"];
const missing = "#8c8c8c";

const dark = matchMedia("(prefers-color-scheme: dark)");

// On a dark ground colours are mixed with a third of white, or the deep ones would sink into it.
const onGround = color => !dark.matches ? color : "#" + [1, 3, 5]
  .map(at => Math.round(parseInt(color.slice(at, at + 2), 16) * 0.7 + 255 * 0.3).toString(16).padStart(2, "0")).join("");

function colorOf(column, code) {
  if (column.values[code] === "(missing)") return missing;
  if (!column.ordered) return onGround(palette[code % palette.length]);
  const count = column.values.filter(value => value !== "(missing)").length;
  return onGround(sequence[count < 2 ? 2 : Math.round(code * (sequence.length - 1) / (count - 1))]);
}

const shapeOf = (column, code) => column.ordered ? "circle" : shapes[Math.floor(code / palette.length) % shapes.length];

function trace(context, shape, x, y, r) {
  context.beginPath();
  if (shape === "circle") context.arc(x, y, r, 0, 2 * Math.PI);
  else if (shape === "square") context.rect(x - r, y - r, 2 * r, 2 * r);
  else if (shape === "triangle") { context.moveTo(x, y - 1.2 * r); context.lineTo(x + 1.1 * r, y + 0.8 * r); context.lineTo(x - 1.1 * r, y + 0.8 * r); context.closePath(); }
  else { context.moveTo(x, y - 1.3 * r); context.lineTo(x + 1.3 * r, y); context.lineTo(x, y + 1.3 * r); context.lineTo(x - 1.3 * r, y); context.closePath(); }
}

function symbol(shape, color) {
  const path = { circle: "M6 1.5a4.5 4.5 0 1 1 0 9a4.5 4.5 0 1 1 0-9z", triangle: "M6 1L11 10H1z", square: "M2 2h8v8H2z", diamond: "M6 0.5L11.5 6L6 11.5L0.5 6z" }[shape];
  return `<svg width="12" height="12" aria-hidden="true"><path d="${path}" fill="${color}"/></svg>`;
}

// One plot: points under a canvas for the mark of the chosen point.
class Plot {
  constructor(group, figure) {
    this.group = group;
    this.data = JSON.parse(figure.querySelector("script").textContent);
    [this.canvas, this.over] = figure.querySelectorAll("canvas");
    this.chosen = -1;
    const { x, y } = this.data;
    const range = values => values.reduce(([low, high], value) => [Math.min(low, value), Math.max(high, value)], [Infinity, -Infinity]);
    [this.xRange, this.yRange] = [range(x), range(y)];
    this.over.addEventListener("pointermove", event => this.point(event));
    this.over.addEventListener("pointerdown", event => this.point(event));
    this.over.addEventListener("pointerleave", () => this.choose(-1));
    this.over.addEventListener("blur", () => this.choose(-1));
    this.over.addEventListener("keydown", event => this.key(event));
    new ResizeObserver(() => this.draw()).observe(this.over);
  }

  column() { return this.data.columns.find(column => column.name === this.group.column) ?? this.data.columns[0]; }

  isHidden(column, i) { return this.group.hidden.has(column.values[column.codes[i]]); }

  fit(canvas) {
    const scale = window.devicePixelRatio || 1, { width, height } = canvas.getBoundingClientRect();
    canvas.width = Math.round(width * scale);
    canvas.height = Math.round(height * scale);
    const context = canvas.getContext("2d");
    context.setTransform(scale, 0, 0, scale, 0, 0);
    return { context, width, height };
  }

  draw() {
    const { context, width, height } = this.fit(this.canvas);
    if (width === 0) return;
    const { x, y, xTitle, yTitle } = this.data, style = getComputedStyle(document.documentElement), pad = 26;
    const place = (value, [low, high], from, to) => from + (high > low ? (value - low) / (high - low) : 0.5) * (to - from);
    this.px = x.map(value => place(value, this.xRange, pad, width - pad));
    this.py = y.map(value => place(value, this.yRange, height - pad, pad));
    context.font = "12px system-ui, 'DejaVu Sans', sans-serif";
    context.fillStyle = style.getPropertyValue("--muted");
    context.textAlign = "center";
    context.fillText(xTitle, width / 2, height - 7, width - 20);
    context.save();
    context.translate(15, height / 2);
    context.rotate(-Math.PI / 2);
    context.fillText(yTitle, 0, 0, height - 20);
    context.restore();
    const column = this.column(), radius = x.length > 5000 ? 2 : x.length > 1000 ? 2.8 : 4;
    context.globalAlpha = x.length > 5000 ? 0.55 : 0.8;
    for (const i of this.data.order) {
      if (this.isHidden(column, i)) continue;
      context.fillStyle = colorOf(column, column.codes[i]);
      trace(context, shapeOf(column, column.codes[i]), this.px[i], this.py[i], radius);
      context.fill();
    }
    this.mark();
  }

  point(event) {
    const box = this.over.getBoundingClientRect(), column = this.column();
    const x = event.clientX - box.left, y = event.clientY - box.top;
    let best = -1, least = 20 * 20;
    for (let i = 0; i < this.px.length; i++) {
      const distance = (this.px[i] - x) ** 2 + (this.py[i] - y) ** 2;
      if (distance < least && !this.isHidden(column, i)) [best, least] = [i, distance];
    }
    this.choose(best);
  }

  key(event) {
    const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
    if (event.key === "Escape") this.choose(-1);
    if (step === undefined) return;
    event.preventDefault();
    const n = this.px.length, column = this.column();
    let next = this.chosen < 0 && step < 0 ? 0 : this.chosen;
    for (let tries = 0; tries < n; tries++) {
      next = (next + step + n) % n;
      if (!this.isHidden(column, next)) return this.choose(next);
    }
  }

  choose(i) {
    if (i === this.chosen) return;
    this.chosen = i;
    this.mark();
  }

  mark() {
    const { context, width } = this.fit(this.over), tip = this.group.tip, i = this.chosen;
    if (i < 0 || this.isHidden(this.column(), i)) { if (this.group.owner === this) tip.style.visibility = "hidden"; return; }
    context.lineWidth = 2.5;
    context.strokeStyle = getComputedStyle(document.documentElement).getPropertyValue("--ink");
    context.beginPath();
    context.arc(this.px[i], this.py[i], 7, 0, 2 * Math.PI);
    context.stroke();
    this.group.owner = this;
    tip.replaceChildren();
    const text = document.createElement("b");
    text.textContent = this.data.texts?.[i] ?? `item ${i + 1}`;
    tip.append(text, this.data.columns.map(column => `${column.name}: ${column.values[column.codes[i]]}`).join(" · "));
    const box = this.over.getBoundingClientRect(), size = tip.getBoundingClientRect();
    const left = box.left + this.px[i] + 14, top = box.top + this.py[i] + 14;
    tip.style.left = Math.max(8, Math.min(left, window.innerWidth - size.width - 8)) + "px";
    tip.style.top = (top + size.height > window.innerHeight - 8 ? Math.max(8, top - size.height - 28) : top) + "px";
    tip.style.visibility = "visible";
  }
}

// Plots that share their colouring, legend and filter.
for (const element of document.querySelectorAll(".scatters")) {
  const group = { column: "", hidden: new Set(), tip: element.querySelector(".tip"), owner: null };
  const plots = [...element.querySelectorAll("figure")].map(figure => new Plot(group, figure));
  const select = element.querySelector("select"), legend = element.querySelector(".legend");
  const names = [...new Set(plots.flatMap(plot => plot.data.columns.map(column => column.name)))];
  for (const name of names) select.append(new Option(name, name));
  select.closest(".controls").hidden = names.length < 2;
  const show = () => {
    legend.replaceChildren();
    const entries = new Map();
    for (const column of plots.map(plot => plot.column()))
      column.values.forEach((value, code) => entries.has(value) || entries.set(value, symbol(shapeOf(column, code), colorOf(column, code))));
    for (const [value, mark] of entries) {
      const button = document.createElement("button");
      button.type = "button";
      button.innerHTML = mark;
      button.append(value);
      button.setAttribute("aria-pressed", String(!group.hidden.has(value)));
      button.addEventListener("click", () => {
        if (!group.hidden.delete(value)) group.hidden.add(value);
        button.setAttribute("aria-pressed", String(!group.hidden.has(value)));
        plots.forEach(plot => plot.draw());
      });
      legend.append(button);
    }
    plots.forEach(plot => plot.draw());
  };
  select.addEventListener("change", () => { group.column = select.value; group.hidden.clear(); show(); });
  group.column = names[0];
  show();
  dark.addEventListener("change", show);
}
