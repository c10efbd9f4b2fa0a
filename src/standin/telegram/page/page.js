"use strict";
// The chat as a person sees it. Everything comes from /standin/view, which answers when there is
// something new; everything that is done goes to /standin/do.

const at = (id) => document.getElementById(id);
const asked = new URLSearchParams(location.search);
const state = { user: Number(asked.get("user")) || 0, chat: Number(asked.get("chat")) || 0, view: null, seen: 0 };
const shown = new Map();
const answered = new Set();
let waiting = new AbortController();
let context = null;

/** An element with a class, children and properties. */
function make(tag, name, children = [], properties = {}) {
  const node = Object.assign(document.createElement(tag), properties);
  if (name) node.className = name;
  node.append(...[].concat(children).filter((it) => it !== null && it !== undefined));
  return node;
}

async function act(what) {
  const response = await fetch("/standin/do", {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(what),
  });
  const told = await response.json();
  if (!response.ok) toast(told.error);
  return response.ok ? told : null;
}

function toast(text) {
  const node = at("toast");
  node.textContent = text;
  node.hidden = false;
  clearTimeout(toast.timer);
  toast.timer = setTimeout(() => { node.hidden = true; }, 3500);
}

const nameOf = (chat) => chat.title || [chat.first_name, chat.last_name].filter(Boolean).join(" ");
const hueOf = (id) => `hue${Math.abs(id) % 6}`;
const timeOf = (seconds) =>
  new Date(seconds * 1000).toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" });
const dayOf = (seconds) =>
  new Date(seconds * 1000).toLocaleDateString([], { day: "numeric", month: "long", year: "numeric" });
/** A chat as its list names it: the private one is the bot. */
const titleOf = (chat) => (chat.type === "private" ? state.view.bot.first_name : nameOf(chat));

/** In a few words. */
function inShort(message) {
  if (!message) return "Nothing yet";
  if (message.pinned_message) return "Pinned a message";
  const words = message.text || message.caption || "";
  const kind = message.photo ? "Photo" : message.document ? "File" : message.sticker ? "Sticker" : "";
  return [kind, words].filter(Boolean).join(": ").replace(/\s+/g, " ") || "Message";
}

// Words with entities. Offsets count UTF-16 units, as strings here do.

function rendered(text, entities) {
  const parts = [];
  let place = 0;
  const inside = (outer, it) => it !== outer && it.offset >= outer.offset
    && it.offset + it.length <= outer.offset + outer.length;
  let rest = [...entities];
  // A block ends the line before it by itself, and its own.
  const isBlock = (it) => it.type === "pre" || it.type.endsWith("blockquote");
  while (rest.length > 0) {
    const outer = rest[0];
    const inner = rest.slice(1).filter((it) => inside(outer, it));
    rest = rest.slice(1).filter((it) => it.offset >= outer.offset + outer.length);
    if (outer.offset < place) continue;
    const end = outer.offset + outer.length;
    const before = text.slice(place, outer.offset);
    parts.push(isBlock(outer) ? before.replace(/\n$/, "") : before);
    const moved = inner.map((it) => ({ ...it, offset: it.offset - outer.offset }));
    parts.push(marked(outer, text.slice(outer.offset, end), moved));
    place = isBlock(outer) && text[end] === "\n" ? end + 1 : end;
  }
  parts.push(text.slice(place));
  return parts.filter((it) => it !== "");
}

function marked(entity, text, inner) {
  const children = rendered(text, inner);
  const tags = { bold: "b", italic: "i", underline: "u", strikethrough: "s", code: "code", pre: "pre" };
  if (tags[entity.type]) return make(tags[entity.type], "", children);
  if (entity.type === "url" || entity.type === "text_link") {
    const address = entity.url || text;
    if (!/^https?:\/\//i.test(address)) return make("u", "", children);
    return make("a", "", children, { href: address, target: "_blank", rel: "noopener noreferrer", title: address });
  }
  if (entity.type === "bot_command") {
    return make("button", "", children, { type: "button", onclick: () => write(text) });
  }
  if (entity.type === "spoiler") {
    return make("span", "spoiler", children, { onclick() { this.classList.add("seen"); } });
  }
  if (entity.type === "blockquote") return make("blockquote", "", children);
  if (entity.type === "expandable_blockquote") {
    return make("blockquote", "long", children, { onclick() { this.classList.toggle("long"); } });
  }
  return make("span", "", children);
}

// Messages.

function author(message) {
  if (message.sender_chat) return nameOf(message.sender_chat);
  return message.from ? nameOf(message.from) : "";
}

function event(message) {
  if (message.pinned_message) {
    const words = inShort(message.pinned_message);
    return `${author(message)} pinned “${words.length > 40 ? `${words.slice(0, 40)}…` : words}”`;
  }
  if (message.migrate_to_chat_id) return "This group was upgraded to a supergroup";
  if (message.migrate_from_chat_id) return "This supergroup was a group before";
  return null;
}

function bubble({ message, by_bot, silent }) {
  const told = event(message);
  if (told) return make("p", "event", told);
  const mine = !by_bot && message.from && message.from.id === state.user;
  const parts = [];
  if (message.chat.type !== "private" && !mine) parts.push(make("span", "name", author(message)));
  if (message.forward_origin) {
    parts.push(make("span", "forward", `Forwarded from ${nameOf(message.forward_origin.sender_user)}`));
  }
  const replied = message.reply_to_message;
  if (replied) {
    parts.push(make("button", "quote", [make("b", "", author(replied)), make("span", "", inShort(replied))],
      { type: "button", onclick: () => show(replied.message_id) }));
  }
  if (message.photo) parts.push(photo(message.photo));
  if (message.document) {
    const file = message.document;
    parts.push(make("a", "file", [make("i", "", "↓"), make("span", "", `${file.file_name} · ${size(file.file_size)}`)],
      { href: `/standin/files/${file.file_id}`, download: file.file_name }));
  }
  if (message.sticker) parts.push(make("div", "sticker", message.sticker.emoji || "Sticker"));
  const words = message.text || message.caption || "";
  const entities = message.entities || message.caption_entities || [];
  if (words) parts.push(make("span", "words", rendered(words, entities)));
  const meta = [message.edit_date && "edited", silent && "silent", timeOf(message.date)];
  parts.push(make("span", "meta", meta.filter(Boolean).join(" · "), { title: `message ${message.message_id}` }));
  parts.push(actions(message, mine));
  const node = make("div", mine ? "message mine" : "message", make("div", "bubble", parts));
  for (const row of message.reply_markup?.inline_keyboard || []) {
    node.append(make("div", "row", row.map((button) => key(message, button))));
  }
  return node;
}

function photo(sizes) {
  const { file_id, width, height } = sizes[sizes.length - 1];
  const image = make("img", "", [], { src: `/standin/files/${file_id}`, alt: "Picture from the bot", width, height });
  // Until it is there, it has no height: whoever looks at the newest message goes on to do so.
  const wasDown = isDown();
  image.onload = () => { if (wasDown) at("messages").scrollTop = at("messages").scrollHeight; };
  return make("button", "photo", image, {
    type: "button",
    onclick() {
      at("picture").querySelector("img").src = image.src;
      at("picture").showModal();
    },
  });
}

const size = (bytes) => (bytes < 1024 ? `${bytes} B` : `${(bytes / 1024).toFixed(1)} KB`);

function actions(message, mine) {
  const reply = make("button", "", "↩", {
    type: "button", title: "Reply", onclick: () => setContext({ kind: "reply", message }),
  });
  const edit = mine && message.text ? make("button", "", "✎", {
    type: "button", title: "Edit",
    onclick() {
      setContext({ kind: "edit", message });
      at("text").value = message.text;
      grow();
    },
  }) : null;
  return make("span", "acts", [reply, edit]);
}

function key(message, button) {
  if (button.url) {
    return make("a", "", button.text, { href: button.url, target: "_blank", rel: "noopener noreferrer", title: button.url });
  }
  return make("button", "", button.text, {
    type: "button",
    async onclick() {
      const pressed = { do: "press", user: state.user, chat: state.chat, message: message.message_id, button: button.callback_data };
      const told = await act(pressed);
      if (!told || answered.has(told.callback_query_id)) return;
      const calm = () => this.classList.remove("waits");
      this.classList.add("waits");
      setTimeout(calm, 15000);
      waits.set(told.callback_query_id, calm);
    },
  });
}

const waits = new Map();

function show(id) {
  const node = shown.get(id)?.node;
  if (!node) return;
  node.scrollIntoView({ block: "center", behavior: "smooth" });
  node.classList.add("flash");
  setTimeout(() => node.classList.remove("flash"), 1500);
}

// The whole.

function draw(view) {
  const isFirst = state.view === null || state.seen !== `${state.user}/${state.chat}`;
  state.view = view;
  state.seen = `${state.user}/${state.chat}`;
  drawChats(view);
  drawMessages(view, isFirst);
  const pinned = at("pinned");
  pinned.hidden = !view.pinned;
  if (view.pinned) {
    pinned.replaceChildren(make("b", "", "Pinned message"), inShort(view.pinned));
    pinned.onclick = () => show(view.pinned.message_id);
  }
  drawCommands(view.commands);
  for (const press of view.presses) tellAnswer(press, isFirst);
}

function drawChats(view) {
  at("people").replaceChildren(...view.people.map((person) =>
    make("option", "", nameOf(person), { value: person.id, selected: person.id === state.user })));
  at("chats").replaceChildren(...view.chats.map(({ chat, last }) => {
    const node = make("button", "", [
      make("span", `face ${hueOf(chat.id)}`, titleOf(chat).slice(0, 1).toUpperCase()),
      make("div", "", [make("b", "", titleOf(chat)), make("small", "", inShort(last))]),
    ], { type: "button", onclick: () => open(state.user, chat.id) });
    if (chat.id === state.chat) node.setAttribute("aria-current", "true");
    return node;
  }));
  const here = view.chats.find(({ chat }) => chat.id === state.chat);
  if (!here) return;
  at("title").textContent = titleOf(here.chat);
  at("face").textContent = titleOf(here.chat).slice(0, 1).toUpperCase();
  at("face").className = `face ${hueOf(here.chat.id)}`;
  const doing = { typing: "typing…", upload_photo: "sending a photo…", upload_document: "sending a file…" };
  const kinds = { private: "bot", group: "group", supergroup: "supergroup", channel: "channel" };
  const standings = { blocked: "you blocked this bot", kicked: "the bot was removed", moved: "moved to a supergroup" };
  const busy = view.action ? doing[view.action] || "busy…" : null;
  at("subtitle").textContent = busy || standings[here.standing] || kinds[here.chat.type];
  at("subtitle").classList.toggle("busy", Boolean(busy));
  const isPrivate = here.chat.type === "private";
  const isOut = here.standing === "blocked" || here.standing === "kicked";
  at("block").textContent = isPrivate ? (isOut ? "Unblock the bot" : "Block the bot") : (isOut ? "Add the bot" : "Remove the bot");
  at("block").onclick = () => {
    const verbs = isPrivate ? ["block", "unblock"] : ["remove_bot", "add_bot"];
    act({ do: verbs[isOut ? 1 : 0], user: state.user, ...(isPrivate ? {} : { chat: state.chat }) });
    document.querySelector(".menu").open = false;
  };
  at("anonymous-line").hidden = !here.chat.type.endsWith("group");
  drawStart(here);
}

/** A bot that was never written to, or is blocked, has a button in place of the line. */
function drawStart({ chat, standing }) {
  const isStranger = chat.type === "private" && standing === "stranger";
  const isBlocked = chat.type === "private" && standing === "blocked";
  at("start").hidden = !isStranger && !isBlocked;
  document.querySelector(".line").hidden = isBlocked || isStranger;
  at("start").textContent = isBlocked ? "UNBLOCK" : "START";
  at("start").onclick = () => (isBlocked
    ? act({ do: "unblock", user: state.user })
    : write(["/start", asked.get("start")].filter(Boolean).join(" ")));
}

function isDown() {
  const list = at("messages");
  return list.scrollHeight - list.scrollTop - list.clientHeight < 80;
}

function drawMessages(view, isFirst) {
  const list = at("messages");
  if (isFirst) list.replaceChildren();
  const wasDown = isDown();
  if (isFirst) shown.clear();
  const nodes = [];
  let day = "";
  for (const entry of view.messages) {
    const today = dayOf(entry.message.date);
    if (today !== day) nodes.push(make("p", "day", today));
    day = today;
    const text = JSON.stringify(entry);
    const id = entry.message.message_id;
    if (shown.get(id)?.text !== text) shown.set(id, { text, node: bubble(entry) });
    nodes.push(shown.get(id).node);
  }
  if (nodes.length === 0) nodes.push(make("p", "event", "No messages here yet"));
  list.replaceChildren(...nodes);
  if (isFirst || wasDown) list.scrollTop = list.scrollHeight;
  at("down").hidden = isFirst || wasDown;
}

function drawCommands(commands) {
  at("menu").hidden = commands.length === 0;
  at("commands").replaceChildren(...commands.map(({ command, description }) =>
    make("li", "", make("button", "", [make("b", "", `/${command}`), make("span", "", description)], {
      type: "button",
      onclick() {
        at("commands").hidden = true;
        write(`/${command}`);
      },
    }))));
}

function tellAnswer({ id, answer }, isFirst) {
  if (!answer || answered.has(id)) return;
  answered.add(id);
  waits.get(id)?.();
  waits.delete(id);
  if (isFirst || !answer.text) return;
  if (answer.show_alert) {
    at("alert").querySelector("p").textContent = answer.text;
    at("alert").showModal();
  } else {
    toast(answer.text);
  }
}

// Writing.

function write(text) {
  const guise = at("anonymous").checked && state.chat < 0 ? { guise: "anonymous_admin" } : {};
  const reply = context?.kind === "reply" ? { reply_to: context.message.message_id } : {};
  const edited = context?.kind === "edit" ? context.message.message_id : null;
  setContext(null);
  if (edited) return act({ do: "edit", user: state.user, chat: state.chat, message: edited, text });
  return act({ do: "send", user: state.user, chat: state.chat, text, ...guise, ...reply });
}

function setContext(next) {
  context = next;
  at("context").hidden = !next;
  if (!next) return;
  const verb = next.kind === "edit" ? "Edit" : "Reply to";
  at("context").querySelector("span").textContent = `${verb}: ${inShort(next.message)}`;
  at("text").focus();
}

function grow() {
  const box = at("text");
  box.style.height = "auto";
  box.style.height = `${Math.min(box.scrollHeight + 2, 144)}px`;
}

at("composer").onsubmit = async (submitted) => {
  submitted.preventDefault();
  const box = at("text");
  const text = box.value.trim();
  if (text && await write(text)) {
    box.value = "";
    grow();
  }
};
at("text").oninput = grow;
at("text").onkeydown = (pressed) => {
  if (pressed.key === "Enter" && !pressed.shiftKey && !pressed.isComposing) {
    pressed.preventDefault();
    at("composer").requestSubmit();
  }
  if (pressed.key === "Escape") setContext(null);
};
at("context").querySelector("button").onclick = () => setContext(null);
at("menu").onclick = () => { at("commands").hidden = !at("commands").hidden; };
at("down").onclick = () => {
  at("messages").scrollTo({ top: at("messages").scrollHeight, behavior: "smooth" });
  at("down").hidden = true;
};
at("sticker").onclick = () => {
  const sticker = { file_id: "CAAC-sticker", file_unique_id: "sticker", type: "regular", width: 512, height: 512, is_animated: false, is_video: false, emoji: "👍" };
  act({ do: "send", user: state.user, chat: state.chat, fields: { sticker } });
  document.querySelector(".menu").open = false;
};
at("people").onchange = () => open(Number(at("people").value), 0);

// Looking.

function open(user, chat) {
  state.user = user;
  state.chat = chat || user;
  setContext(null);
  history.replaceState(null, "", `?user=${state.user}&chat=${state.chat}`);
  waiting.abort();
}

async function look() {
  let revision = -1;
  for (;;) {
    waiting = new AbortController();
    try {
      const query = `user=${state.user}&chat=${state.chat}&after=${revision}&wait=20`;
      const response = await fetch(`/standin/view?${query}`, { signal: waiting.signal });
      const view = await response.json();
      if (!view.people.some((person) => person.id === state.user)) {
        const first = view.people[0]?.id || 0;
        if (first === state.user) return;
        state.user = first;
        state.chat = state.chat || first;
        revision = -1;
        continue;
      }
      if (!state.chat) state.chat = state.user;
      revision = view.revision;
      draw(view);
    } catch (error) {
      revision = -1;
      if (error.name === "AbortError") continue;
      at("subtitle").textContent = "the stand-in has ended";
      await new Promise((later) => setTimeout(later, 1500));
    }
  }
}

look();
