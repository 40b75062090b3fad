// The interactive part of the report. Everything it shows is in the element "data"; it loads nothing.
(() => {
  "use strict";
  const data = JSON.parse(document.getElementById("data").textContent);
  const root = document.documentElement;
  const byId = (id) => document.getElementById(id);
  const element = (name, properties = {}, ...children) => {
    const made = Object.assign(document.createElement(name), properties);
    made.append(...children);
    return made;
  };
  const color = (name) => getComputedStyle(root).getPropertyValue("--" + name).trim();

  // ---- numbers and times

  const unpack = (text) => {
    let before = null;
    return text === "" ? [] : text.split(",").map((word) => {
      if (word !== "") before = word === "-" ? null : Number(word);
      return before;
    });
  };
  const digits = (value) => {
    if (value === null || value === undefined || !isFinite(value)) return "–";
    const size = Math.abs(value);
    if (size >= 1e7) return Number((value / 1e6).toPrecision(3)) + "M";
    if (size >= 1e4) return Number((value / 1e3).toPrecision(3)) + "k";
    return size >= 1000 ? value.toFixed(0) : String(Number(value.toPrecision(3)));
  };
  const latency = (value) => {
    if (value === null || value === undefined || !isFinite(value)) return "–";
    return value < 1 ? digits(value * 1000) + " ms" : digits(value) + " s";
  };
  const percent = (value) => (value === null || value === undefined ? "–" : digits(value) + " %");
  const two = (value) => String(value).padStart(2, "0");

  // Times are seconds since the start of the run; a run with a calendar has real dates.
  const first = data.runs[0];
  const calendar = first && first.start !== null ? first.start : null;
  const formats = {};
  const dated = (seconds, options) => {
    const key = JSON.stringify(options);
    formats[key] ||= (() => {
      const wanted = { ...options, timeZone: first.zone || "UTC", hourCycle: "h23" };
      try { return new Intl.DateTimeFormat("en-GB", wanted); } catch { return new Intl.DateTimeFormat("en-GB", { ...wanted, timeZone: "UTC" }); }
    })();
    return formats[key].format(new Date((calendar + seconds) * 1000));
  };
  const clock = (seconds) => {
    if (calendar !== null) return dated(seconds, { weekday: "short", day: "numeric", month: "short", hour: "2-digit", minute: "2-digit", second: "2-digit" });
    const whole = Math.round(seconds), day = Math.floor(whole / 86400), rest = whole - day * 86400;
    const time = two(Math.floor(rest / 3600)) + ":" + two(Math.floor((rest % 3600) / 60)) + ":" + two(rest % 60);
    return end > 86400 ? "day " + (day + 1) + " " + time : time;
  };
  const end = Math.max(1, ...data.runs.map((run) => run.end));
  const steps = [1, 5, 15, 30, 60, 300, 600, 900, 1800, 3600, 7200, 10800, 21600, 43200, 86400, 172800, 604800, 2592000];
  const tick = (seconds, step) => {
    if (calendar !== null) {
      if (step >= 86400) return dated(seconds, { day: "numeric", month: "short" });
      const time = dated(seconds, step < 60 ? { hour: "2-digit", minute: "2-digit", second: "2-digit" } : { hour: "2-digit", minute: "2-digit" });
      return time === "00:00" ? dated(seconds, { day: "numeric", month: "short" }) : time;
    }
    const day = Math.floor(seconds / 86400), rest = seconds - day * 86400;
    if (end > 90000 && rest === 0) return "day " + (day + 1);
    const hours = end > 90000 ? Math.floor(rest / 3600) : Math.floor(seconds / 3600);
    const time = two(hours) + ":" + two(Math.floor((rest % 3600) / 60));
    return step < 60 ? time + ":" + two(Math.round(rest % 60)) : time;
  };
  // Ticks stand at round times of the calendar's clock, not of the run's.
  const offset = (() => {
    if (calendar === null) return 0;
    const parts = dated(0, { hour: "2-digit", minute: "2-digit", second: "2-digit" }).split(":").map(Number);
    return parts[0] * 3600 + parts[1] * 60 + parts[2];
  })();
  const splits = (u, axis, low, high) => {
    const room = Math.max(2, u.bbox.width / devicePixelRatio / 90);
    const step = steps.find((step) => (high - low) / step <= room) || steps[steps.length - 1];
    u.step = step;
    const ticks = [];
    for (let at = Math.ceil((low + offset) / step) * step - offset; at <= high; at += step) ticks.push(at);
    return ticks;
  };

  // ---- the series of a run, and of all

  const runs = data.runs.map((run) => {
    const columns = { x: unpack(run.x) };
    run.series.forEach((series) => { columns[series.id] = unpack(series.values); });
    return { ...run, columns };
  });
  const detailed = (run) => [
    { name: "Load", unit: "requests per second", format: digits, lines: [
      ["offered", "offered", "ink"], ["served", "served", "in-service"], ["lost", "not served", "lost"]] },
    { name: "Capacity", unit: run.unit, format: digits, activities: true, lines: [
      ["in_service", "in service", "in-service"], ["desired", "desired", "ink"], ["demand", "demand", "demand"],
      ["booting", "booting", "booting"], ["draining", "draining", "draining"], ["billed", "billed", "billed"]] },
    { name: "CPU utilization", unit: "%", format: percent, thresholds: run.thresholds, lines: [
      ["cpu", "mean", "cpu"], ["cpu_max", "busiest", "cpu-max"]] },
    { name: "Latency", unit: "log scale", format: latency, log: true, objective: run.objective, lines: [
      ["p50", "p50", "quantile-0"], ["p95", "p95", "quantile-1"], ["p99", "p99", "quantile-2"]] },
  ].map((chart) => ({ ...chart, x: run.columns.x, violating: run.violating, censored: run.censored, run,
    lines: chart.lines.map(([id, name, tone]) => ({ name, tone, values: run.columns[id], steps: !chart.log })) }));
  // Runs of one length and interval have the same times; else every series is looked up at the times of all.
  const together = () => {
    const same = runs.every((run) => run.x === runs[0].x);
    const x = same ? runs[0].columns.x : [...new Set(runs.flatMap((run) => run.columns.x))].sort((a, b) => a - b);
    const at = (run, values) => {
      if (same) return values;
      let place = 0;
      return x.map((time) => {
        while (place + 1 < run.columns.x.length && run.columns.x[place + 1] <= time) place += 1;
        return time > run.end || run.columns.x.length === 0 ? null : values[place];
      });
    };
    const offered = (run) => run.series.find((series) => series.id === "offered").values;
    const oneLoad = same && runs.every((run) => offered(run) === offered(runs[0]));
    const each = (id) => runs.map((run, index) => ({ name: run.name, tone: "category-" + (index % 8), values: at(run, run.columns[id]), steps: !id.startsWith("p") }));
    return [
      { name: "Offered load", unit: "requests per second", format: digits, lines: oneLoad
        ? [{ name: "offered to all", tone: "ink", values: runs[0].columns.offered, steps: true }] : each("offered") },
      { name: "In service", unit: "instances or pods", format: digits, lines: each("in_service") },
      { name: "CPU utilization", unit: "%, mean", format: percent, lines: each("cpu") },
      { name: "p99 latency", unit: "log scale", format: latency, log: true, objective: runs[0].objective, lines: each("p99") },
    ].map((chart) => ({ ...chart, x, violating: [], censored: runs[0].censored }));
  };

  // ---- charts

  let charts = [];
  let zoom = [0, end];
  const holder = byId("charts");
  const sync = uPlot.sync("windtunnel");

  const shade = (u, spans, tone, alpha, atTop) => {
    const { left, top, width, height } = u.bbox, context = u.ctx;
    context.save();
    context.fillStyle = color(tone);
    for (const [from, to] of spans) {
      const a = Math.max(left, u.valToPos(from, "x", true)), b = Math.min(left + width, Math.max(a + 1, u.valToPos(to, "x", true)));
      if (b <= left || a >= left + width) continue;
      context.globalAlpha = alpha;
      context.fillRect(a, top, b - a, height);
      context.globalAlpha = 1;
      context.fillRect(a, atTop ? top : top + height - 3, b - a, 3);
    }
    context.restore();
  };
  const level = (u, value, tone, label) => {
    const { left, width, top, height } = u.bbox, context = u.ctx;
    const y = u.valToPos(value, "y", true);
    if (!(y >= top && y <= top + height)) return;
    context.save();
    context.strokeStyle = context.fillStyle = color(tone);
    context.lineWidth = 1.5 * devicePixelRatio;
    context.setLineDash([7 * devicePixelRatio, 4 * devicePixelRatio]);
    context.beginPath();
    context.moveTo(left, y);
    context.lineTo(left + width, y);
    context.stroke();
    context.font = 12 * devicePixelRatio + "px Inter, sans-serif";
    context.textAlign = "right";
    const clear = y - top > 16 * devicePixelRatio;
    context.fillText(label, left + width - 4, clear ? y - 4 * devicePixelRatio : y + 13 * devicePixelRatio);
    context.restore();
  };
  // Scale-outs point up, scale-ins down, at the foot of the chart; refusals are crosses.
  const marks = (u, entries) => {
    const { left, width, top, height } = u.bbox, context = u.ctx, size = 5 * devicePixelRatio;
    context.save();
    let taken = -Infinity;
    for (const entry of entries) {
      const x = u.valToPos(entry.at, "x", true);
      if (x < left || x > left + width || entry.kind === "other" || x - taken < size) continue;
      taken = x;
      const y = top + height - size * 1.8;
      context.fillStyle = context.strokeStyle = color(entry.kind === "out" ? "out" : entry.kind === "in" ? "in" : "violation");
      context.beginPath();
      if (entry.kind === "refused") {
        context.moveTo(x - size / 2, y - size / 2); context.lineTo(x + size / 2, y + size / 2);
        context.moveTo(x + size / 2, y - size / 2); context.lineTo(x - size / 2, y + size / 2);
        context.lineWidth = devicePixelRatio; context.stroke();
      } else {
        const up = entry.kind === "out" ? 1 : -1;
        context.moveTo(x, y - up * size); context.lineTo(x + size, y + up * size); context.lineTo(x - size, y + up * size);
        context.fill();
      }
    }
    context.restore();
  };

  const setZoom = (low, high) => {
    const span = Math.min(end, Math.max(high - low, Math.min(60, end)));
    low = Math.max(0, Math.min(low, end - span));
    zoom = [low, low + span];
    for (const { u, box } of charts) {
      u.setScale("x", { min: zoom[0], max: zoom[1] });
      box.dataset.from = zoom[0];
      box.dataset.to = zoom[1];
    }
    byId("span").textContent = clock(zoom[0]) + " to " + clock(zoom[1]);
  };
  const move = (how) => {
    const [low, high] = zoom, span = high - low, middle = (low + high) / 2;
    if (how === "in") setZoom(middle - span / 4, middle + span / 4);
    if (how === "out") setZoom(middle - span, middle + span);
    if (how === "left") setZoom(low - span / 2, high - span / 2);
    if (how === "right") setZoom(low + span / 2, high + span / 2);
    if (how === "all") setZoom(0, end);
  };

  const yRange = (chart) => (u, low, high) => {
    if (chart.log) {
      const limits = [low, high, chart.objective].filter((value) => value > 0 && isFinite(value));
      if (limits.length === 0) return [0.01, 1];
      return [10 ** Math.floor(Math.log10(Math.min(...limits))), 10 ** Math.ceil(Math.log10(Math.max(...limits) * 1.001))];
    }
    const most = Math.max(high || 0, ...(chart.thresholds || []).map((one) => one[1]));
    return [0, most > 0 && isFinite(most) ? most * 1.08 : 1];
  };

  const build = (chart, index) => {
    const toggles = element("div", { className: "name" }, element("h3", { textContent: chart.name }), element("span", { className: "unit", textContent: chart.unit }));
    const box = element("div", { className: "plot", tabIndex: 0 });
    box.setAttribute("role", "img");
    box.setAttribute("aria-label", chart.name + " over time, " + chart.unit + ": " + chart.lines.map((line) => line.name).join(", "));
    const outer = element("div", { className: "chart" }, toggles, box);
    outer.dataset.chart = chart.name;
    holder.append(outer);
    const values = chart.lines.map((line, place) => {
      const value = element("b", { textContent: "" });
      const sample = element("i");
      sample.style.background = "var(--" + line.tone + ")";
      const button = element("button", { type: "button", className: "toggle", title: line.name }, sample, element("span", { textContent: line.name }), value);
      button.setAttribute("aria-pressed", "true");
      button.addEventListener("click", () => {
        const shown = button.getAttribute("aria-pressed") !== "true";
        button.setAttribute("aria-pressed", String(shown));
        u.setSeries(place + 1, { show: shown });
      });
      toggles.append(button);
      return value;
    });
    const axis = { stroke: color("muted"), grid: { stroke: color("grid"), width: 1 }, ticks: { stroke: color("frame"), width: 1 }, font: "12px Inter, sans-serif" };
    const options = {
      width: Math.max(240, holder.clientWidth), height: innerWidth < 640 ? 170 : 200,
      legend: { show: false },
      cursor: { sync: { key: sync.key }, drag: { x: true, y: false, setScale: true }, points: { size: 6 } },
      scales: {
        x: { time: false },
        y: { distr: chart.log ? 3 : 1, range: yRange(chart) },
      },
      axes: [
        { ...axis, splits, values: (u, ticks) => ticks.map((at) => tick(at, u.step)) },
        { ...axis, size: 62, values: (u, ticks) => ticks.map((value) => (value === null ? "" : chart.format(value))) },
      ],
      series: [{}, ...chart.lines.map((line) => ({
        label: line.name, stroke: () => color(line.tone), width: 1.6, points: { show: false },
        paths: line.steps ? uPlot.paths.stepped({ align: 1 }) : undefined,
      }))],
      hooks: {
        drawClear: [(u) => { shade(u, chart.censored, "muted", 0.18, true); shade(u, chart.violating, "violation", 0.12, false); }],
        draw: [(u) => {
          (chart.thresholds || []).forEach(([name, value]) => level(u, value, "muted", name + " " + digits(value) + " %"));
          if (chart.objective) level(u, chart.objective, "violation", "objective " + latency(chart.objective));
          if (chart.activities) marks(u, chart.run.log);
        }],
        setScale: [(u, key) => {
          const { min, max } = u.scales.x;
          // What was set from here comes back, for every chart.
          if (key !== "x" || min === null || (min === zoom[0] && max === zoom[1])) return;
          // A double click asks for all there is.
          const isAll = min <= chart.x[0] && max >= chart.x[chart.x.length - 1];
          setZoom(isAll ? 0 : min, isAll ? end : max);
        }],
        setCursor: [(u) => {
          const at = u.cursor.idx;
          chart.lines.forEach((line, place) => { values[place].textContent = at === null || at === undefined ? "" : chart.format(line.values[at]); });
          if (at !== null && at !== undefined && index === 0) byId("span").textContent = clock(chart.x[at]);
        }],
      },
    };
    const u = new uPlot(options, [chart.x, ...chart.lines.map((line) => line.values)], box);
    box.addEventListener("keydown", (event) => {
      const how = { "+": "in", "=": "in", "-": "out", "−": "out", 0: "all", Escape: "all", PageUp: "left", PageDown: "right" }[event.key];
      if (how) { move(how); event.preventDefault(); return; }
      const by = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
      if (!by) return;
      event.preventDefault();
      const at = u.cursor.idx ?? chart.x.findIndex((x) => x >= zoom[0]);
      const next = Math.max(0, Math.min(chart.x.length - 1, at + by * (event.shiftKey ? 10 : 1)));
      point(chart.x[next]);
    });
    box.addEventListener("click", () => { if (u.cursor.idx !== null && u.cursor.idx !== undefined) nearest(chart.x[u.cursor.idx], chart.run); });
    return { u, box, chart };
  };
  // Puts the cursor of all charts at a time.
  const point = (at) => {
    const one = charts[0];
    if (one) one.u.setCursor({ left: one.u.valToPos(at, "x"), top: 10 });
  };

  let view = data.runs.length > 1 ? "all" : "0";
  const show = (wanted) => {
    view = wanted;
    charts.forEach(({ u }) => u.destroy());
    charts = [];
    holder.replaceChildren();
    const shown = view === "all" ? together() : detailed(runs[Number(view)]);
    const isEmpty = shown.every((chart) => chart.x.length < 2);
    byId("empty").hidden = !isEmpty;
    if (isEmpty) return;
    charts = shown.map(build);
    setZoom(...zoom);
  };
  const choose = (wanted) => {
    const input = document.querySelector(`#view input[value="${wanted}"]`);
    if (input) input.checked = true;
    if (view !== String(wanted)) { show(String(wanted)); fill(); }
  };

  // ---- the decision log

  const list = byId("entries");
  const MOST = 300;
  let more = MOST;
  const fill = () => {
    const kinds = [...document.querySelectorAll("#kinds input:checked")].map((input) => input.value);
    const chosen = view === "all" ? runs : [runs[Number(view)]];
    const entries = chosen.flatMap((run) => run.log.map((entry) => ({ run, entry })))
      .filter(({ entry }) => kinds.includes(entry.kind)).sort((a, b) => a.entry.at - b.entry.at);
    const nodes = entries.slice(0, more).map(({ run, entry }) => {
      const repeated = entry.count > 1 ? " (" + entry.count + " times in a row)" : "";
      const whose = chosen.length > 1 ? run.name + ": " : "";
      const button = element("button", { type: "button", className: "entry " + entry.kind },
        element("time", { textContent: entry.time }), element("span", { className: "text", textContent: whose + entry.text + repeated }));
      if (entry.more) button.append(element("span", { className: "more", textContent: entry.more }));
      button.dataset.at = entry.at;
      button.addEventListener("click", () => go(button, run, entry.at));
      return button;
    });
    if (nodes.length === 0) nodes.push(element("p", { textContent: "No decision of these kinds." }));
    if (entries.length > more) {
      const rest = element("button", { type: "button", textContent: "Show " + Math.min(MOST, entries.length - more) + " more of " + entries.length });
      rest.addEventListener("click", () => { more += MOST; fill(); });
      nodes.push(rest);
    }
    const left = chosen.reduce((sum, run) => sum + run.left_out, 0);
    if (left > 0) nodes.push(element("p", { textContent: left + " further decisions are in activities.csv; the report keeps the first of them." }));
    list.replaceChildren(...nodes);
  };
  const mark = (button) => {
    list.querySelectorAll("[aria-current]").forEach((other) => other.removeAttribute("aria-current"));
    if (button) button.setAttribute("aria-current", "true");
  };
  const go = (button, run, at) => {
    mark(button);
    if (charts.length === 0) return;
    const span = Math.min(zoom[1] - zoom[0], 7200, end);
    setZoom(at - span / 2, at + span / 2);
    // Charts take their new scale when this script is done.
    requestAnimationFrame(() => point(at));
    byId("timeline").scrollIntoView({ block: "start" });
  };
  const nearest = (at, run) => {
    const buttons = [...list.querySelectorAll(".entry")];
    if (buttons.length === 0) return;
    const distance = (button) => Math.abs(Number(button.dataset.at) - at);
    const found = buttons.reduce((best, button) => (distance(button) < distance(best) ? button : best));
    mark(found);
    list.scrollTop = found.offsetTop - list.offsetTop - 40;
  };

  // ---- frontiers

  const kept = {};
  const tell = (place, index) => {
    const known = data.frontiers[place][index];
    const box = byId("point-" + place);
    const facts = element("dl");
    const fact = (name, value) => { if (value) facts.append(element("dt", { textContent: name }), element("dd", { textContent: value })); };
    fact("policy", known.label);
    fact("cost", known.cost);
    fact("violating requests", known.violations);
    fact("objective", known.verdict);
    known.parameters.forEach(([name, value]) => fact(name, value));
    fact("command", known.command);
    const marks = known.marks.map((name) => name + ": ").join("");
    box.replaceChildren(element("h3", { textContent: marks + known.name }), facts);
  };
  document.querySelectorAll(".point").forEach((button) => {
    const place = Number(button.dataset.frontier), index = Number(button.dataset.point);
    const look = () => tell(place, index);
    button.addEventListener("mouseenter", look);
    button.addEventListener("focus", look);
    button.addEventListener("mouseleave", () => { if (kept[place] !== undefined) tell(place, kept[place]); });
    button.addEventListener("click", () => {
      kept[place] = index;
      document.querySelectorAll(`.point[data-frontier="${place}"]`).forEach((other) => other.setAttribute("aria-pressed", String(other === button)));
      look();
      const run = data.frontiers[place][index].run;
      if (run !== null) choose(run);
    });
  });

  // ---- the page

  byId("theme").addEventListener("click", () => {
    const isDark = root.dataset.theme ? root.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
    root.dataset.theme = isDark ? "light" : "dark";
    if (holder) show(view);
  });
  if (holder) {
    document.querySelectorAll("#view input").forEach((input) => input.addEventListener("change", () => { more = MOST; show(input.value); fill(); }));
    document.querySelectorAll("#kinds input").forEach((input) => input.addEventListener("change", fill));
    document.querySelectorAll("[data-zoom]").forEach((button) => button.addEventListener("click", () => move(button.dataset.zoom)));
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => show(view));
    let width = holder.clientWidth;
    new ResizeObserver(() => {
      if (Math.abs(holder.clientWidth - width) < 2) return;
      width = holder.clientWidth;
      charts.forEach(({ u }) => u.setSize({ width: Math.max(240, width), height: u.height }));
    }).observe(holder);
    show(view);
    fill();
  }
  addEventListener("beforeprint", () => document.querySelectorAll("details").forEach((details) => { details.open = true; }));
})();
