// Everything works without this. With it pages are live, and times are told as they pass.
"use strict";

const units = [["day", 86400], ["hour", 3600], ["minute", 60], ["second", 1]];
const format = new Intl.RelativeTimeFormat("en", { numeric: "always", style: "narrow" });

function relative(time, now) {
  const seconds = Math.round((time - now) / 1000);
  const [unit, size] = units.find(([, size]) => Math.abs(seconds) >= size) ?? units.at(-1);
  return format.format(Math.trunc(seconds / size), unit);
}

function tellTimes(root) {
  const now = Date.now();
  for (const element of root.querySelectorAll("time[datetime]")) {
    element.title ||= element.textContent + " UTC";
    const text = relative(Date.parse(element.dateTime), now);
    if (element.textContent !== text) element.textContent = text;
  }
}

// What has the focus is found again by its id or its link.
function focusOf(region) {
  const active = document.activeElement;
  if (!active || !region.contains(active)) return null;
  if (active.id) return "#" + CSS.escape(active.id);
  const link = active.getAttribute("href");
  if (link) return `a[href="${CSS.escape(link)}"]`;
  const label = active.getAttribute("aria-label");
  if (label) return `[aria-label="${CSS.escape(label)}"]`;
  const details = active.closest("details[id]");
  return details ? `#${CSS.escape(details.id)} > summary` : null;
}

function swap(region, html) {
  const focus = focusOf(region);
  const open = [...region.querySelectorAll("details[open][id]")].map((details) => details.id);
  const scrolls = [...region.querySelectorAll(".scroll")].map((element) => [element.scrollLeft, element.scrollTop]);
  const fresh = document.createElement("template");
  fresh.innerHTML = html;
  tellTimes(fresh.content);
  for (const id of open) fresh.content.getElementById(id)?.setAttribute("open", "");
  region.replaceChildren(fresh.content);
  region.querySelectorAll(".scroll").forEach((element, index) => {
    if (scrolls[index]) [element.scrollLeft, element.scrollTop] = scrolls[index];
  });
  if (focus) region.querySelector(focus)?.focus({ preventScroll: true });
}

function selecting(region) {
  const selection = document.getSelection();
  return selection && !selection.isCollapsed && region.contains(selection.anchorNode);
}

function live(main) {
  const freshness = document.getElementById("freshness");
  let source = null;
  const pending = new Map();

  function tell(text) {
    if (freshness.textContent !== text) freshness.textContent = text;
  }

  function apply() {
    for (const [id, html] of pending) {
      const region = document.getElementById("live-" + id);
      // Who is selecting text keeps it; the region follows afterwards.
      if (region && selecting(region)) continue;
      if (region) swap(region, html);
      pending.delete(id);
    }
  }

  function open() {
    source = new EventSource(main.dataset.live);
    source.addEventListener("open", () => tell("Live"));
    source.addEventListener("regions", (event) => {
      for (const [id, html] of Object.entries(JSON.parse(event.data))) pending.set(id, html);
      apply();
    });
    source.addEventListener("ended", () => {
      source.close();
      location.reload();
    });
    source.addEventListener("error", (event) => {
      if (event.target !== source) return;
      if (source.readyState !== EventSource.CLOSED) return tell("Reconnecting");
      // Refused, by a process that stops or has as many streams as it may: browsers try no more.
      tell("Not live");
      source = null;
      setTimeout(follow, 30000);
    });
  }

  // A hidden page holds no connection: browsers have few for one site.
  function follow() {
    if (document.hidden) {
      source?.close();
      source = null;
    } else if (!source) {
      open();
    }
  }

  document.addEventListener("visibilitychange", follow);
  document.addEventListener("selectionchange", apply);
  addEventListener("pagehide", () => source?.close());
  addEventListener("pageshow", (event) => {
    if (event.persisted) location.reload();
  });
  follow();
}

document.documentElement.classList.add("scripted");
tellTimes(document);
setInterval(() => {
  if (!document.hidden) tellTimes(document);
}, 1000);
const main = document.getElementById("main");
if (main?.dataset.live) live(main);
