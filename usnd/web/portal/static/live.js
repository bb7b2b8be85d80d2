// The live page of a conference: it shows what the stream sends, in place, and says whether it is connected.
//
// What comes are parts of the page as they are now, each with its id; it does not matter what was there before.
// The tabs of one browser share one stream: the tab that holds a lock has it, and passes on what comes.
import { morph } from "./morph.js";

const LONGEST_SILENCE = 25_000; // ms without a word from the server: we are cut off; it says itself when sooner
const STEAL = 15_000; // ms without a word from the tab that has the stream: it sleeps
const AGAIN = 1_000; // ms until the next try
const SHORTEST_WAIT = 2_000; // ms for a first word of the server, half as many more at each try; while the address
const LONGEST_WAIT = 15_000; // moves to the other server, what was sent to the first one is never answered
const NEWS = 2_500; // ms that changes are gathered before a screen reader is told

const live = document.getElementById("live");
const link = document.getElementById("link");
const people = document.getElementById("people");
const messages = document.getElementById("messages");
const parts = new Map(); // by id, as they came last
let heard = Date.now();
let silence = LONGEST_SILENCE;
let state = "";

function turn(to) {
  if (state === to || state === "signed-out") return;
  state = to;
  link.className = `link ${to}`;
  link.textContent = link.dataset[to === "signed-out" ? "signedOut" : to];
  if (to === "away" || to === "signed-out") announce(link.textContent);
  if (to === "signed-out") document.getElementById("signed-out").hidden = false;
}

// What changed is said to a screen reader in one go: the last word of each part.
const news = new Map();
let telling = 0;

function said(element) {
  const name = element.querySelector("h3")?.textContent.trim();
  const words = [...element.querySelectorAll(".say")].map((one) => one.textContent.trim()).join(" ");
  return name ? `${name}: ${words}` : words;
}

function announce(words, from = words) {
  news.set(from, words);
  telling ||= setTimeout(() => {
    telling = 0;
    document.getElementById("news").textContent = [...news.values()].map((one) => one.replace(/\.$/, "")).join(". ");
    news.clear();
  }, NEWS);
}

function made(html) {
  const template = document.createElement("template");
  template.innerHTML = html;
  return template.content.firstElementChild;
}

function put(id, html) {
  const wanted = made(html);
  const there = document.getElementById(id);
  if (!there) {
    people.append(wanted);
    announce(said(wanted), id);
    return;
  }
  const before = said(there);
  morph(there, wanted);
  const after = said(there);
  if (after !== before) announce(after, id);
}

function show({ whole, parts: changed }) {
  const focused = document.activeElement;
  const row = focused?.closest?.(".person, #conference");
  if (whole) {
    parts.clear();
    const wanted = new Set(changed.map(([id]) => id));
    for (const one of [...people.children]) if (!wanted.has(one.id)) one.remove();
  }
  for (const [id, html] of changed) {
    parts.set(id, html);
    put(id, html);
  }
  // What had the focus is gone, as the button of somebody who has left: whose it was keeps it.
  if (focused !== document.body && !focused?.isConnected) {
    const there = row?.isConnected ? row : live;
    there.tabIndex = -1;
    there.focus({ preventScroll: true });
  }
}

// The stream, or the tab that has it.
const tabs = "BroadcastChannel" in window ? new BroadcastChannel(`usn-live-${live.dataset.channel}`) : null;
let source = null;
let leads = false;
let again = 0;
let waiting = 0;
let wait = SHORTEST_WAIT;

function take(message, passOn = true) {
  heard = Date.now();
  if (message.silence) silence = message.silence;
  if (message.show) {
    show(message.show);
    turn("live");
  }
  if (message.turn) turn(message.turn);
  if (passOn) tabs?.postMessage(message);
}

function connect() {
  clearTimeout(again);
  clearTimeout(waiting);
  source?.close();
  source = null;
  if (!leads || state === "signed-out") return;
  const mine = new EventSource(live.dataset.stream);
  source = mine;
  heard = Date.now();
  waiting = setTimeout(() => {
    wait = Math.min(wait * 1.5, LONGEST_WAIT);
    connect();
  }, wait);
  const on = (name, act) => mine.addEventListener(name, (event) => mine === source && act(event));
  on("open", () => {
    clearTimeout(waiting);
    wait = SHORTEST_WAIT;
  });
  on("parts", (event) => take({ show: JSON.parse(event.data) }));
  on("beat", (event) => take({ silence: Number(event.data) }));
  on("away", () => take({ turn: "away" }));
  on("signed-out", () => {
    mine.close();
    take({ turn: "signed-out" });
  });
  on("error", () => {
    clearTimeout(waiting);
    mine.close();
    take({ turn: "away" });
    retry();
  });
}

function retry() {
  clearTimeout(again);
  if (!leads || state === "signed-out") return;
  // All pages lose a server at the same moment: they come back spread over one and a half times as long.
  again = setTimeout(connect, (document.hidden ? 10 : 1) * AGAIN * (0.5 + Math.random()));
}

function lead() {
  leads = true;
  connect();
  return new Promise(() => {}); // as long as the tab lives
}

function queue(options = {}) {
  const lock = `usn-live-${live.dataset.channel}`;
  navigator.locks.request(lock, options, lead).catch(() => {
    // Another tab took it, as this one slept.
    leads = false;
    source?.close();
    source = null;
    queue();
  });
}

tabs?.addEventListener("message", ({ data }) => {
  if (data.hello) {
    if (leads && parts.size) tabs.postMessage({ show: { whole: true, parts: [...parts] }, turn: state });
  } else if (!leads) {
    take(data, false);
  }
});

function look() {
  if (state === "signed-out") return;
  const silent = Date.now() - heard;
  if (leads && source?.readyState === EventSource.OPEN && silent > silence) {
    take({ turn: "away" });
    retry();
    source.close();
    source = null;
  } else if (!leads && !document.hidden && silent > STEAL) {
    turn("away");
    heard = Date.now();
    queue({ steal: true });
  }
}

function back() {
  if (document.hidden) return;
  if (leads && (state === "away" || Date.now() - heard > silence / 2)) connect();
  look();
}

turn("connecting");
setInterval(look, 1_000);
addEventListener("online", back);
addEventListener("pageshow", (event) => event.persisted && back());
document.addEventListener("visibilitychange", back);
if (tabs && navigator.locks) {
  tabs.postMessage({ hello: true });
  queue();
} else {
  lead();
}

// What a button does comes back by the stream; what is to be said of it, by the answer.
const pending = new Set();
live.addEventListener("submit", async (event) => {
  const form = event.target;
  if (form.method !== "post" || !event.submitter) return;
  event.preventDefault();
  const button = event.submitter;
  const body = new URLSearchParams(new FormData(form));
  body.append(button.name, button.value);
  const asked = body.toString();
  if (pending.has(asked)) return; // a second press of what is on its way; its opposite is another thing
  pending.add(asked);
  try {
    const answer = await fetch(form.action, { method: "POST", body });
    if (new URL(answer.url).pathname === "/sign-in") {
      location.assign(answer.url);
      return;
    }
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const told = page.getElementById("messages") ?? page.querySelector("main");
    const problem = told?.querySelector(".errors") ?? (answer.ok ? null : told);
    if (told?.querySelector("[data-done]")) messages.replaceChildren(); // the page shows it itself
    else messages.replaceChildren(...(told ? told.childNodes : []));
    if (problem) messages.querySelector(".errors")?.focus();
    else if (form.id === "add") form.reset();
  } catch {
    turn("away");
    announce(link.dataset.away);
  } finally {
    pending.delete(asked);
  }
});
